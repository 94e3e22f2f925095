// Memory that runs out: every allocation of a step fails once, for every method.
import assert from "node:assert/strict";
import { type Device, memory, OutOfMemoryError, openDevice, Rng } from "../../../../src/tensor/index.js";
import { METHODS, type Method, type MethodOptions } from "../../../../src/zerosiam/methods/index.js";
import type { AttackOptions, Counts } from "./attack.js";
import { disposeSubject, images, pixels, subject, values } from "./subject.js";

/** Runs `fn` with the `failing`th allocation refused, or none; returns how many it asked for. */
function allocating(device: Device, fn: () => void, failing = Number.POSITIVE_INFINITY): number {
  const acquire = device.acquire;
  let asked = 0;
  device.acquire = function (bytes, what) {
    asked++;
    if (asked === failing) throw new OutOfMemoryError(`${what}: refused`, "this is a test");
    return acquire.call(this, bytes, what);
  };
  try {
    fn();
  } finally {
    device.acquire = acquire;
  }
  return asked;
}

/** Ways to step, each of which allocates elsewhere. */
const WAYS: readonly Partial<MethodOptions>[] = [
  {},
  { optimizer: "adam" },
  { steps: 2, history: 1 },
  { steps: 2, episodic: true },
];

/** A sample takes so many of each. */
const LEAST = 6;

/**
 * At most `runs` allocations of the steps of all methods, stepping in all ways: each leaves state and memory as they were.
 * Then the method steps as a twin does that never ran out.
 */
export async function refuseAllocations({ runs, seed }: AttackOptions): Promise<Counts> {
  const device = await openDevice();
  const pairs = new Rng(seed).shuffle(WAYS.flatMap((way) => METHODS.map((name) => [name, way] as const)));
  const share = Math.max(LEAST, Math.ceil(runs / pairs.length));
  let [refused, all] = [0, 0];
  for (const [name, way] of pairs.slice(0, Math.ceil(runs / share))) {
    const counts = await refuseEach(device, [subject(name, way), subject(name, way)], { runs: share, seed });
    refused += counts.refused;
    all += counts.all;
  }
  return { "refused by type": refused, "allocations of these steps": all };
}

/** Of all allocations of a step, `runs` in no order. */
async function refuseEach(device: Device, [method, twin]: readonly Method[], { runs, seed }: AttackOptions) {
  const rng = new Rng(seed);
  using batch = images(pixels(rng, 2));
  for (const each of [method, twin]) each.step(batch); // the first allocates what later ones do not
  const all = allocating(device, () => method.step(batch));
  twin.step(batch);
  const failing = rng.shuffle(Array.from({ length: all }, (_, n) => n + 1)).slice(0, runs);
  const before = await values(method.state());
  const { tensors, nodes } = memory();
  for (const n of failing) {
    const says = `${method.name}, allocation ${n} of ${all}`;
    assert.throws(() => allocating(device, () => method.step(batch), n), OutOfMemoryError, says);
    assert.deepEqual({ tensors: memory().tensors, nodes: memory().nodes }, { tensors, nodes }, says);
    assert.deepEqual(await values(method.state()), before, says);
  }
  const [answers, wanted] = [method, twin].map((each) => each.step(batch).logits);
  assert.deepEqual(await answers.data(), await wanted.data(), `${method.name} goes on differently`);
  for (const each of [method, twin]) disposeSubject(each);
  return { refused: failing.length, all };
}

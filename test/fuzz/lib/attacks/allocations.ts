// Memory that runs out: every allocation of a step, and of what else a method can be asked for, fails once.
import assert from "node:assert/strict";
import { drop, snapshot } from "../../../../src/nn/history.js";
import { type Device, memory, OutOfMemoryError, openDevice, Rng, type Tensor } from "../../../../src/tensor/index.js";
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

type Call = (method: Method, batch: Tensor) => void;

const CALLS: Readonly<Record<string, Call>> = {
  step: (method, batch) => method.step(batch),
  predict: (method, batch) => method.predict(batch).dispose(),
  scaleRates: (method) => method.scaleRates(0.5),
  loadState(method) {
    const saved = snapshot(method.state());
    try {
      method.loadState(saved);
    } finally {
      drop(saved);
    }
  },
  exportModel: (method, batch) => drop(method.exportModel([batch])),
  reset: (method) => method.reset(),
};

/** A sample takes so many of each. */
const LEAST = 6;

/**
 * At most `runs` allocations of all methods, stepping in all ways: each leaves state and memory as they were. Then the
 * method goes on as a twin does that never ran out.
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
  return { "refused by type": refused, "allocations of these methods": all };
}

/** Of all allocations of all calls, `runs` in no order. */
async function refuseEach(device: Device, [method, twin]: readonly Method[], { runs, seed }: AttackOptions) {
  const rng = new Rng(seed);
  using batch = images(pixels(rng, 2));
  for (const each of [method, twin]) for (const call of Object.values(CALLS)) call(each, batch); // the first allocate more
  const tries = Object.entries(CALLS).flatMap(([name, call]) => {
    const all = allocating(device, () => call(method, batch));
    call(twin, batch);
    return Array.from({ length: all }, (_, n) => ({ name, call, failing: n + 1 }));
  });
  const chosen = rng.shuffle(tries).slice(0, runs);
  for (const each of [method, twin]) each.step(batch);
  const before = await values(method.state());
  const { tensors, nodes } = memory();
  for (const { name, call, failing } of chosen) {
    const says = `${method.name}.${name}, allocation ${failing}`;
    assert.throws(() => allocating(device, () => call(method, batch), failing), OutOfMemoryError, says);
    assert.deepEqual({ tensors: memory().tensors, nodes: memory().nodes }, { tensors, nodes }, says);
    assert.deepEqual(await values(method.state()), before, says);
  }
  const [answers, wanted] = [method, twin].map((each) => each.step(batch).logits);
  assert.deepEqual(await answers.data(), await wanted.data(), `${method.name} goes on differently`);
  for (const each of [method, twin]) disposeSubject(each);
  return { refused: chosen.length, all: tries.length };
}

// Poisoned batches: NaN, infinite or huge pixels at random places of a batch, for every method in turn, on two nets.
import assert from "node:assert/strict";
import { GroupNorm } from "../../../../src/nn/index.js";
import { NonFiniteError, openDevice, Rng, type Tensor } from "../../../../src/tensor/index.js";
import { METHODS, type Method } from "../../../../src/zerosiam/methods/index.js";
import { type AttackOptions, attempt, type Counts } from "./attack.js";
import { allFinite, disposeSubject, images, pixels, SmallNet, subject, values, withoutCounter } from "./subject.js";

const POISONS = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3.4e38, -3.4e38, 1e30, 1e20];

/** `batch` with one poison in some of its pixels, or in all of an image. */
function poison(batch: Float32Array<ArrayBuffer>, rng: Rng): Float32Array<ArrayBuffer> {
  const bad = batch.slice();
  const value = rng.choice(POISONS);
  if (rng.int(4) === 0) return bad.fill(value, 0, 48);
  for (let n = 1 + rng.int(3); n > 0; n--) bad[rng.int(bad.length)] = value;
  return bad;
}

/**
 * What is not finite is refused, and what makes an update infinite is passed over: the state is bit for bit as it was. The
 * next batch is then answered, and learnt from, as by a twin that never saw the poisoned one.
 */
export async function poisonBatches(options: AttackOptions): Promise<Counts> {
  await openDevice();
  const grouped = (name: string) => subject(name, {}, new SmallNet(new Rng(1), new GroupNorm(1, 3)));
  const pairs = [
    ...METHODS.map((name) => ({ method: subject(name), twin: subject(name) })),
    ...METHODS.filter((name) => name !== "norm").map((name) => ({ method: grouped(name), twin: grouped(name) })),
  ];
  const counts = await attempt(options, async (rng, run) => {
    const { method, twin } = pairs[run % pairs.length];
    const good = pixels(rng, 1 + rng.int(4));
    const bad = poison(good, rng);
    twin.loadState(method.state());
    const before = await values(method.state());
    const outcome = await show(method, bad);
    assert.equal(outcome === "refused by type", !bad.every(Number.isFinite));
    const after = await values(method.state());
    if (outcome === "learnt from, all finite") {
      assert.ok(allFinite(after), "the state holds a value that is not finite");
      method.reset();
      return outcome;
    }
    assert.deepEqual(withoutCounter(after), withoutCounter(before));
    twin.loadState(new Map<string, Tensor>([...twin.state(), ...counterOf(method)]));
    assert.deepEqual(await goOn(method, good), await goOn(twin, good));
    return outcome;
  });
  for (const { method, twin } of pairs) for (const each of [method, twin]) disposeSubject(each);
  return counts;
}

async function show(method: Method, batch: Float32Array<ArrayBuffer>): Promise<string> {
  using shown = images(batch);
  try {
    const { updated } = await method.step(shown).metrics.read();
    return updated && method.state().size > 0 ? "learnt from, all finite" : "passed over";
  } catch (error) {
    if (error instanceof NonFiniteError) return "refused by type";
    throw error;
  }
}

const counterOf = (method: Method) => [...method.state()].filter(([name]) => name === "deyo.key");

/** Answers to one more batch, and the state after it. */
async function goOn(method: Method, batch: Float32Array<ArrayBuffer>) {
  using shown = images(batch);
  const { logits, metrics } = method.step(shown);
  const [answers, report] = await Promise.all([logits.data(), metrics.read()]);
  assert.ok(answers.every(Number.isFinite), "the next batch has no finite answers");
  return { answers, report, state: await values(method.state()) };
}

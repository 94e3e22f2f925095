// A step changes everything or nothing: when its new values are not finite. When memory runs out: test/fuzz.
import { beforeAll, describe, expect, test } from "vitest";
import { DigitsNet } from "../../src/nn/index.js";
import { ConfigError, openDevice, Rng, type Tensor, tensor } from "../../src/tensor/index.js";
import { createMethod, METHODS, type MethodOptions } from "../../src/zerosiam/methods/index.js";

/** Filters that let every sample through whose answer depends on its patches. */
const OPEN = { margin: 10, dMargin: 2, deyoMargin: 10, plpd: 0, recoverBelow: 0 };
const LEARNERS = METHODS.filter((name) => !["source", "norm"].includes(name));

beforeAll(async () => {
  await openDevice();
});

const batch = (seed: number): Tensor => {
  const rng = new Rng(seed);
  return tensor(
    Float32Array.from({ length: 2 * 784 }, () => rng.uniform()),
    [2, 1, 28, 28],
  );
};

const made = (name: string, options: Partial<MethodOptions> = {}) =>
  createMethod(name, new DigitsNet({ rng: new Rng(1) }), { ...OPEN, lr: 0.1, ...options });

async function values(state: ReadonlyMap<string, Tensor>): Promise<Record<string, number[]>> {
  const entries = [...state].map(async ([name, t]): Promise<[string, number[]]> => [name, [...(await t.data())]]);
  return Object.fromEntries(await Promise.all(entries));
}

describe.each(LEARNERS)("%s: a step is taken back when its new values are not finite", (name) => {
  test("because a rate was multiplied beyond f32", async () => {
    const method = made(name);
    method.step(batch(1));
    method.scaleRates(1e38);
    method.scaleRates(1e38);
    const before = await values(method.state());
    expect((await method.step(batch(2)).metrics.read()).updated).toBe(false);
    const { "deyo.key": _, ...after } = await values(method.state());
    expect(before).toMatchObject(after);
  });

  test("because what was loaded holds a NaN", async () => {
    const method = made(name);
    const saved = new Map([...method.state()].map(([key, t]) => [key, t.detach()]));
    saved.set("optimizer.model.norm1.bias.momentum", tensor(new Float32Array(16).fill(Number.NaN)));
    method.loadState(saved);
    const before = await values(method.state());
    expect((await method.step(batch(2)).metrics.read()).updated).toBe(false);
    const { "deyo.key": _, ...after } = await values(method.state());
    expect(before).toMatchObject(after);
  });
});

test("Adam's second moment is judged too: at infinity it would stop its parameter for good", async () => {
  const method = made("tent", { optimizer: "adam" });
  const saved = new Map([...method.state()].map(([key, t]) => [key, t.detach()]));
  saved.set("optimizer.model.norm1.bias.expAvgSq", tensor(new Float32Array(16).fill(Number.POSITIVE_INFINITY)));
  method.loadState(saved);
  expect((await method.step(batch(2)).metrics.read()).updated).toBe(false);
});

test.each([
  [{ lr: 1e39 }, "lr is 1e+39"],
  [{ momentum: 4e38 }, "momentum is 4e+38"],
  [{ lrPredictor: 1e39 }, "lrPredictor is 1e+39"],
  [{ alpha: 1e300 }, "alpha is 1e+300"],
])("%j is refused: as f32 it is infinite", (options, says) => {
  expect(() => made("zerosiam", options)).toThrow(ConfigError);
  expect(() => made("zerosiam", options)).toThrow(says);
});

test("a factor of the rates that is infinite as f32 is refused", () => {
  expect(() => made("tent").scaleRates(1e39)).toThrow("factor is 1e+39");
});

// Passes, fresh starts and ways back: several steps a batch, episodes, rollback and lowered rates.
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { DigitsNet } from "../../src/nn/index.js";
import { ConfigError, memory, openDevice, Rng, ShapeError, type Tensor, tensor } from "../../src/tensor/index.js";
import { createMethod, type MethodOptions, Tent } from "../../src/zerosiam/methods/index.js";

const BATCH = 3;
let model: DigitsNet;

beforeAll(async () => {
  await openDevice();
});

beforeEach(() => {
  model = new DigitsNet({ rng: new Rng(1) });
});

const batch = (seed: number): Tensor => {
  const rng = new Rng(seed);
  return tensor(
    Float32Array.from({ length: BATCH * 784 }, () => rng.uniform()),
    [BATCH, 1, 28, 28],
  );
};

async function values(state: ReadonlyMap<string, Tensor>): Promise<Record<string, number[]>> {
  const entries = [...state].map(async ([name, t]): Promise<[string, number[]]> => [name, [...(await t.data())]]);
  return Object.fromEntries(await Promise.all(entries));
}

/** The state and the answers after a few batches. */
async function ran(options: MethodOptions, seeds: readonly number[], name = "zerosiam") {
  const method = createMethod(name, new DigitsNet({ rng: new Rng(1) }), options);
  const answers: number[][] = [];
  for (const seed of seeds) answers.push([...(await method.step(batch(seed)).logits.data())]);
  return { state: await values(method.state()), answers, method };
}

test("three steps a batch are three steps on the same batch, and the answer is the last one's", async () => {
  const many = await ran({ lr: 0.1, steps: 3 }, [1]);
  const single = await ran({ lr: 0.1 }, [1, 1, 1]);
  expect(many.state).toEqual(single.state);
  expect(many.answers[0]).toEqual(single.answers[2]);
});

test("a batch is learnt from when any of its passes learns", async () => {
  // The first pass fills EATA's average, to which the second finds the answers redundant.
  const options = { lr: 0.1, steps: 2, margin: 10, dMargin: 0.4 };
  const { method } = await ran(options, [], "eata");
  expect(await method.step(batch(1)).metrics.read()).toMatchObject({ updated: true, kept: 0 });
  expect(await method.step(batch(1)).metrics.read()).toMatchObject({ updated: false, kept: 0 });
});

test("an episode whose images are not finite ends at the start, and nothing is said to be as before it", async () => {
  const { method } = await ran({ lr: 0.1, episodic: true }, [1]);
  using bad = tensor(new Float32Array(784).fill(Number.NaN), [1, 1, 28, 28]);
  await expect(method.step(bad).metrics.read()).rejects.toThrow(
    "help: check the decoding and normalisation of this batch; nothing was learnt from it",
  );
  expect(await values(method.state())).toEqual((await ran({ lr: 0.1 }, [])).state);
});

test("an episode ends with its batch: each is answered as if it were the first", async () => {
  const episodic = await ran({ lr: 0.1, steps: 2, episodic: true }, [1, 2]);
  const second = await ran({ lr: 0.1, steps: 2 }, [2]);
  expect(episodic.answers[1]).toEqual(second.answers[0]);
  expect(episodic.state).toEqual(second.state);
});

describe("rollback", () => {
  test("takes steps back, so that the run goes on as if they had not been", async () => {
    const { method } = await ran({ lr: 0.1, history: 3 }, [1, 2, 3]);
    method.rollback(2);
    const once = await ran({ lr: 0.1 }, [1]);
    expect(await values(method.state())).toEqual(once.state);
    const again = await ran({ lr: 0.1 }, [1, 4]);
    expect([...(await method.step(batch(4)).logits.data())]).toEqual(again.answers[1]);
  });

  test("takes back a filter's memory too", async () => {
    const options = { lr: 0.1, history: 1, margin: 10, deyoMargin: 10, plpd: 0 };
    const { method } = await ran(options, [1, 2], "zerosiam-deyo");
    method.rollback(1);
    expect(await values(method.state())).toEqual((await ran(options, [1], "zerosiam-deyo")).state);
  });

  test("goes no further than the history, which holds the last steps only", async () => {
    const { method } = await ran({ lr: 0.1, history: 2 }, [1, 2, 3]);
    expect(method.remembered).toBe(2);
    for (const steps of [3, 0, -1, 1.5]) expect(() => method.rollback(steps)).toThrow(ConfigError);
    method.rollback(1);
    expect(method.remembered).toBe(1);
    expect(() => method.rollback(2)).toThrow("rollback: 2 steps of the 1 that are remembered");
    const { method: none } = await ran({ lr: 0.1 }, [1]);
    expect(() => none.rollback(1)).toThrow("help: make the method with { history: n }");
  });

  test("is not offered across reset and loadState", async () => {
    const { method } = await ran({ lr: 0.1, history: 2 }, [1, 2]);
    method.loadState(new Map([...method.state()].map(([name, t]) => [name, t.detach()])));
    expect(method.remembered).toBe(0);
    method.step(batch(3));
    method.reset();
    expect(method.remembered).toBe(0);
  });

  test("a step that was refused is not in the history", async () => {
    const { method } = await ran({ lr: 0.1, history: 2, episodic: true }, [1]);
    const before = await values(method.state());
    expect(() => method.step(tensor(new Float32Array(3 * 784), [1, 3, 28, 28]))).toThrow(ShapeError);
    expect(method.remembered).toBe(1);
    expect(await values(method.state())).toEqual(before);
  });

  test("the history costs no more than its length, and dispose frees it", () => {
    const live = memory().tensors;
    const method = new Tent(model, { lr: 0.1, history: 2 });
    const images = batch(1);
    const held = [1, 2, 3, 4, 5].map(() => {
      method.step(images);
      method.scaleRates(1);
      return memory().tensors;
    });
    expect(held[4]).toBe(held[1]);
    expect(held[1]).toBeGreaterThan(held[0]);
    method.reset();
    method.dispose();
    images.dispose();
    expect(memory().tensors).toBe(live);
  });
});

describe("scaleRates", () => {
  test("multiplies every rate", async () => {
    const { method } = await ran({ lr: 0.1, lrPredictor: 0.4 }, []);
    method.scaleRates(0.5);
    method.step(batch(1));
    expect(await values(method.state())).toEqual({
      ...(await ran({ lr: 0.05, lrPredictor: 0.2 }, [1])).state,
      rateScale: [0.5],
    });
  });

  test("outlives rollback and a saved state; reset undoes it", async () => {
    const { method } = await ran({ lr: 0.1, history: 1 }, [1]);
    method.scaleRates(0.25);
    method.rollback(1);
    expect(await method.state().get("rateScale")?.item()).toBe(0.25);

    const { method: other } = await ran({ lr: 0.1 }, []);
    other.loadState(new Map([...method.state()].map(([name, t]) => [name, t.detach()])));
    other.step(batch(1));
    const lowered = (await ran({ lr: 0.025 }, [1])).state;
    expect(await values(other.state())).toEqual({ ...lowered, rateScale: [0.25] });

    other.reset();
    other.step(batch(1));
    expect(await values(other.state())).toEqual((await ran({ lr: 0.1 }, [1])).state);
  });

  test.each([-1, Number.NaN])("refuses a factor of %d", async (factor) => {
    const { method } = await ran({ lr: 0.1 }, []);
    expect(() => method.scaleRates(factor)).toThrow(ConfigError);
  });
});

test.each([
  ["steps", 0],
  ["steps", 1.5],
  ["history", -1],
  ["history", Number.NaN],
])("%s of %d is refused; nothing is frozen or held", (name, value) => {
  const live = memory().tensors;
  for (const kind of ["tent", "eata", "sar", "deyo", "zerosiam"]) {
    expect(() => createMethod(kind, model, { lr: 0.1, [name]: value })).toThrow(ConfigError);
  }
  expect(memory().tensors).toBe(live);
  expect(model.training).toBe(true);
});

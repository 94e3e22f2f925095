// ZeroSiam's options: what each objective, divergence and predictor is, against plain loops in float64.
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { DigitsNet } from "../../src/nn/index.js";
import { backward, openDevice, Rng, type Tensor, tensor } from "../../src/tensor/index.js";
import { DIVERGENCES, OBJECTIVES, opinionEntropy } from "../../src/zerosiam/losses.js";
import { createMethod, Tent, ZeroSiam } from "../../src/zerosiam/methods/index.js";
import type { PREDICTORS, Predictor } from "../../src/zerosiam/predictor.js";

let model: DigitsNet;
let images: Tensor;

beforeAll(async () => {
  await openDevice();
});

beforeEach(() => {
  model = new DigitsNet({ rng: new Rng(1) });
  const rng = new Rng(2);
  images = tensor(
    Float32Array.from({ length: 4 * 784 }, () => rng.uniform()),
    [4, 1, 28, 28],
  );
});

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const logSumExp = (u: readonly number[]) => {
  const max = Math.max(...u);
  return max + Math.log(sum(u.map((v) => Math.exp(v - max))));
};
const logSoftmax = (u: readonly number[]) => u.map((v) => v - logSumExp(u));
const kl = (a: readonly number[], b: readonly number[]) => {
  const [la, lb] = [logSoftmax(a), logSoftmax(b)];
  return sum(la.map((v, c) => (Math.exp(v) === 0 ? 0 : Math.exp(v) * (v - lb[c]))));
};

const objectives: Record<keyof typeof OBJECTIVES, (u: readonly number[]) => number> = {
  entropy: (u) => -sum(logSoftmax(u).map((v) => (Math.exp(v) === 0 ? 0 : Math.exp(v) * v))),
  "soft-likelihood-ratio": (u) =>
    -sum(logSoftmax(u).map((v, c) => Math.exp(v) * (u[c] - logSumExp(u.filter((_, i) => i !== c))))),
  "pseudo-label": (u) => -Math.max(...logSoftmax(u)),
  "negative-squares": (u) => -sum(logSoftmax(u).map((v) => Math.exp(2 * v))),
  "opinion-entropy": (u) => {
    const logs = [...u, Math.log(u.length)];
    const q = logs.map((v) => Math.exp(v - logSumExp(logs)) + 1e-7);
    return -sum(q.map((v) => v * Math.log(v)));
  },
};

const divergences: Record<keyof typeof DIVERGENCES, (o: readonly number[], r: readonly number[]) => number> = {
  "symmetric-kl": (o, r) => kl(o, r) + kl(r, o),
  kl: (o, r) => kl(r, o),
  "reverse-kl": (o, r) => kl(o, r),
  "jensen-shannon": (o, r) => {
    const [p, q] = [logSoftmax(o).map(Math.exp), logSoftmax(r).map(Math.exp)];
    const half = (a: readonly number[]) =>
      sum(a.map((v, c) => (v === 0 ? 0 : (v * Math.log((2 * v) / (p[c] + q[c]))) / 2)));
    return half(p) + half(q);
  },
  mse: (o, r) => {
    const [p, q] = [logSoftmax(o).map(Math.exp), logSoftmax(r).map(Math.exp)];
    return sum(p.map((v, c) => (v - q[c]) ** 2)) / p.length;
  },
};

const ROWS = [
  [0.3, -1.2, 2.5, 0.9, 0],
  [0, 0, 0, 0, 0],
  [7, 7, -3, 1, 2],
  [90, -40, 3, 2, 1],
  [-200, -100, -150, -120, -110],
];
const flat = (rows: readonly number[][]) => tensor(Float32Array.from(rows.flat()), [rows.length, 5]);
const turned = ROWS.map((row) => [...row.slice(2), ...row.slice(0, 2)]);

/** Values within f32's accuracy of the wanted ones (some of them are differences of logarithms near 100), and finite gradients. */
async function check(got: Tensor, want: readonly number[], x: Tensor) {
  const values = await got.data();
  for (const [i, w] of want.entries()) expect(Math.abs(values[i] - w)).toBeLessThan(1e-5 + 2e-6 * Math.abs(w));
  backward(got.sum());
  expect((await x.grad?.data())?.every(Number.isFinite)).toBe(true);
}

test.each(Object.keys(OBJECTIVES) as (keyof typeof OBJECTIVES)[])("%s, also where the model is sure", async (name) => {
  const u = flat(ROWS).setRequiresGrad(true);
  await check(OBJECTIVES[name](u), ROWS.map(objectives[name]), u);
});

describe.each(Object.keys(DIVERGENCES) as (keyof typeof DIVERGENCES)[])("%s", (name) => {
  test("is what it is called, also of answers far apart", async () => {
    const u = flat(ROWS).setRequiresGrad(true);
    const want = ROWS.map((row, i) => divergences[name](row, turned[i]));
    await check(DIVERGENCES[name](u, flat(turned)), want, u);
  });

  test("of equal answers is 0, and so is its gradient", async () => {
    const u = flat(ROWS).setRequiresGrad(true);
    const value = DIVERGENCES[name](u, flat(ROWS));
    for (const v of await value.data()) expect(Math.abs(v)).toBeLessThan(1e-6);
    backward(value.sum());
    for (const g of (await u.grad?.data()) ?? [Number.NaN]) expect(Math.abs(g)).toBeLessThan(1e-6);
  });
});

test("the opinion's entropy: no overflow, and a gradient that leaves the length of the logits alone", async () => {
  const rows = [...ROWS.slice(0, 4), [400, 300, -50, 2, 1]];
  const u = flat(rows).setRequiresGrad(true);
  const want = rows.map(objectives["opinion-entropy"]);
  await check(opinionEntropy(u), want, u);
  const gradient = [...((await u.grad?.data()) ?? [])];
  for (const [i, row] of rows.entries()) {
    const along = sum(row.map((v, c) => v * gradient[5 * i + c]));
    expect(Math.abs(along)).toBeLessThan(1e-5 * (1 + Math.hypot(...row)));
  }
});

test("the opinion's entropy counts 1e-7 for every class of a thousand, as its authors' does", async () => {
  const row = Array.from({ length: 1000 }, (_, c) => (c === 3 ? 60 : 0)); // sure: all else is next to nothing
  const value = await opinionEntropy(tensor(Float32Array.from(row), [1, 1000])).item();
  expect(value).toBeCloseTo(objectives["opinion-entropy"](row), 5); // of 1.6e-3, a thousand f32 roundings of 1.6e-6
});

describe("the predictor", () => {
  const alignmentOf = async (predictor: keyof typeof PREDICTORS, seed = 0) => {
    const method = new ZeroSiam(new DigitsNet({ rng: new Rng(1) }), { lr: 0.1, predictor, seed });
    return (await method.step(images).metrics.read()).alignment as number;
  };

  test.each(["linear", "two-layer", "none"] as const)("%s starts with both branches alike", async (name) => {
    expect(Math.abs(await alignmentOf(name))).toBeLessThan(1e-6);
  });

  test.each(["random-linear", "fixed-random"] as const)("%s starts with them apart, as its seed says", async (name) => {
    const first = await alignmentOf(name, 1);
    expect(first).toBeGreaterThan(1e-4);
    expect(await alignmentOf(name, 1)).toBe(first);
    expect(await alignmentOf(name, 2)).not.toBe(first);
  });

  test("fixed-random does not learn, random-linear does", async () => {
    const learns = async (predictor: "fixed-random" | "random-linear") => {
      const method = new ZeroSiam(model, { lr: 0.1, predictor });
      const { weight } = method.predictor as Predictor;
      const before = [...(await weight.data())];
      method.step(images);
      const after = String(await weight.data());
      method.dispose();
      return after !== String(before);
    };
    expect(await learns("fixed-random")).toBe(false);
    expect(await learns("random-linear")).toBe(true);
  });

  test("without one ZeroSiam is Tent, bit for bit", async () => {
    const siam = new ZeroSiam(model, { lr: 0.1, predictor: "none" });
    const tent = new Tent(new DigitsNet({ rng: new Rng(1) }), { lr: 0.1 });
    for (let i = 0; i < 3; i++) {
      const got = siam.step(images);
      const want = tent.step(images);
      expect([...(await got.logits.data())]).toEqual([...(await want.logits.data())]);
      expect((await got.metrics.read()).predictorDistance).toBeNull();
    }
  });
});

test("a selection that lets every sample through with weight 1 changes nothing", async () => {
  const seen: number[] = [];
  const filter = {
    name: "all",
    begin: () => new Map<string, Tensor>(),
    select: (_: Tensor, logits: Tensor) => {
      seen.push(logits.shape[0]);
      const kept = tensor(4);
      return { weights: tensor([1, 1, 1, 1]), reliable: kept, kept, learn: tensor(true) };
    },
  };
  const filtered = new ZeroSiam(model, { lr: 0.1, filter });
  const plain = createMethod("zerosiam", new DigitsNet({ rng: new Rng(1) }), { lr: 0.1 });
  expect(filtered.name).toBe("zerosiam-all");
  for (let i = 0; i < 2; i++) {
    const got = await filtered.step(images).metrics.read();
    const want = await plain.step(images).metrics.read();
    expect(got.loss).toBeCloseTo(want.loss as number, 5); // a mean taken in another order
  }
  expect(seen).toEqual([4, 4]);
});

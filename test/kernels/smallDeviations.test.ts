// Normalisation where the standard deviation is a thousandth of the mean: rounding the mean would show in all digits but four.
import { beforeAll, describe, expect, it } from "vitest";
import { normGradientTolerance, normSumTolerance, normTolerance } from "../../src/kernels/lib/norm/normTolerance.js";
import { grad, openDevice, scope, type Tensor, tensor } from "../../src/tensor/index.js";
import { Rng } from "../../src/tensor/rng.js";
import { mismatch } from "../ops/lib/compare.js";

/** The statistic and the weight that element `i` meets. */
type Layout = readonly [statisticOf: (i: number) => number, weightOf: (i: number) => number];

/**
 * In float64, of h = g · weight: y = x̂ · weight, ∂/∂x = h − mean(h) − x̂ mean(h x̂), times σ so that it is of order 1, and
 * ∂/∂weight = Σ g x̂; σ by element.
 */
function reference([statisticOf, weightOf]: Layout, x: Float32Array, weight: Float32Array, g: Float32Array) {
  const meanOf = (f: (i: number) => number) => {
    const [sums, counts] = [new Map<number, number>(), new Map<number, number>()];
    for (const i of x.keys()) {
      const s = statisticOf(i);
      sums.set(s, (sums.get(s) ?? 0) + f(i));
      counts.set(s, (counts.get(s) ?? 0) + 1);
    }
    return Float64Array.from(
      x,
      (_, i) => (sums.get(statisticOf(i)) as number) / (counts.get(statisticOf(i)) as number),
    );
  };
  const mean = meanOf((i) => x[i]);
  const sigma = meanOf((i) => (x[i] - mean[i]) ** 2).map((variance) => Math.sqrt(variance + 1e-5));
  const normal = sigma.map((s, i) => (x[i] - mean[i]) / s);
  const h = normal.map((_, i) => g[i] * weight[weightOf(i)]);
  const [plain, scaled] = [meanOf((i) => h[i]), meanOf((i) => h[i] * normal[i])];
  const dWeight = new Float64Array(weight.length);
  for (const [i, v] of normal.entries()) dWeight[weightOf(i)] += g[i] * v;
  const y = normal.map((v, i) => v * weight[weightOf(i)]);
  return { y, dx: h.map((v, i) => v - plain[i] - normal[i] * scaled[i]), dWeight, sigma };
}

beforeAll(async () => {
  await openDevice();
});

describe.each<[string, number[], Layout, (x: Tensor, weight: Tensor) => Tensor]>([
  ["batchNorm of two", [2, 500], [(i) => i % 500, (i) => i % 500], (x, w) => x.batchNorm(w)[0]],
  ["batchNorm of images", [8, 6, 3, 5], [channelOf, channelOf], (x, w) => x.batchNorm(w)[0]],
  ["groupNorm", [40, 6, 15], [(i) => Math.floor(i / 30), channelOf], (x, w) => x.groupNorm(w, null, { groups: 3 })[0]],
  [
    "instance norm",
    [40, 6, 15],
    [(i) => Math.floor(i / 15), channelOf],
    (x, w) => x.groupNorm(w, null, { groups: 6 })[0],
  ],
  ["layerNorm", [60, 7], [(i) => Math.floor(i / 7), (i) => i % 7], (x, w) => x.layerNorm(w)[0]],
])("%s", (_, shape, layout, norm) => {
  const rng = new Rng(1);
  const size = shape.reduce((a, b) => a * b);
  const normals = (n: number) => Float32Array.from({ length: n }, () => rng.normal());
  const means = Float64Array.from({ length: size }, () => 20 + 20 * rng.uniform());
  const x = normals(size).map((v, i) => means[layout[0](i)] + 0.03 * v);
  const g = normals(size).map((v) => 1 + v);
  const weight = normals(shape[1]);
  const want = reference(layout, x, weight, g);
  const info = { shape, dtype: "f32" as const };

  it("keeps what it promises", async () => {
    const y = scope(() => norm(tensor(x, shape), tensor(weight)));
    expect(mismatch(await y.data(), want.y, info, normTolerance([info]))).toBe("");
  });

  it.each([false, true])("keeps what its gradients promise, createGraph: %s", async (createGraph) => {
    const [t, w] = [tensor(x, shape).setRequiresGrad(true), tensor(weight).setRequiresGrad(true)];
    const gradients = scope(() => grad(norm(t, w), [t, w], { gradient: tensor(g, shape), createGraph }));
    const [dx, dWeight] = await Promise.all(gradients.map((d) => d.data()));
    const scaled = Float64Array.from(dx, (d, i) => d * want.sigma[i]);
    expect(mismatch(scaled, want.dx, info, normGradientTolerance())).toBe("");
    expect(mismatch(dWeight, want.dWeight, w, normSumTolerance(size / weight.length))).toBe("");
  });
});

/** The channel of element `i` of `[B, 6, ...]` with planes of 15. */
function channelOf(i: number): number {
  return Math.floor(i / 15) % 6;
}

// Ten million elements: results within the stated bound on sums (`sumDepth`), for elements that are hard to add up.
import { beforeAll, describe, expect, it } from "vitest";
import { sumDepth } from "../../src/kernels/lib/reduce/fold.js";
import { openDevice, scope, type Tensor, tensor } from "../../src/tensor/index.js";
import { Rng } from "../../src/tensor/rng.js";

const COUNT = 10_000_000;
const U = 2 ** -24; // what an f32 operation rounds by
const EPS = 1e-5;

const rng = new Rng(7);
const normals = Float32Array.from({ length: 65537 }, () => rng.normal());

/** Elements that are hard to add up, by what they are. */
const ELEMENTS: Record<string, (i: number) => number> = {
  "the same number": () => 0.1,
  "large numbers that cancel": (i) => (i % 2 === 0 ? 1000 : -1000) + 0.01 * (i % 3),
  normals: (i) => normals[i % normals.length],
  "ever smaller numbers": (i) => 2 ** ((-24 * i) / COUNT),
};

beforeAll(async () => {
  await openDevice();
});

/** What the bounds are made of, in float64: of elements in `runs` contiguous runs. */
function momentsOf(x: Float32Array, runs: number) {
  let [sum, size, largest, smallest] = [0, 0, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const v of x) {
    sum += v;
    size += Math.abs(v);
    largest = Math.max(largest, v);
    smallest = Math.min(smallest, v);
  }
  const mean = sum / x.length;
  let [squares, distances] = [0, 0];
  for (const v of x) {
    squares += (v - mean) ** 2;
    distances += Math.abs(v - mean);
  }
  const variance = squares / x.length;
  const depth = sumDepth(x.length, runs);
  // the first mean is off by `rough`; the mean of the distances to it corrects that, and is off by `rest`
  const rough = (depth + 2) * U * (size / x.length);
  const rest = (depth + 2) * U * (distances / x.length + rough);
  const varianceError = (depth + 8) * U * (variance + rough ** 2) + 2 * rough * rest + rest ** 2;
  return { sum, size, largest, smallest, mean, variance, depth, rough, rest, varianceError };
}
type Moments = ReturnType<typeof momentsOf>;

/** The greatest ratio of error and bound. */
function worst(
  got: ArrayLike<number>,
  want: (i: number) => number,
  bound: (i: number, want: number) => number,
): number {
  let ratio = 0;
  for (let i = 0; i < got.length; i++) {
    const wanted = want(i);
    ratio = Math.max(ratio, Math.abs(got[i] - wanted) / bound(i, wanted));
    if (Number.isNaN(got[i])) return Number.NaN;
  }
  return ratio;
}

/** `fn` of `x` in a shape, its results read back. */
async function read(x: Float32Array<ArrayBuffer>, shape: readonly number[], fn: (x: Tensor) => readonly Tensor[]) {
  const results = scope(() => fn(tensor(x, shape)));
  const data = await Promise.all(results.map((t) => t.data()));
  for (const t of results) t.dispose();
  return data;
}

/** Of x̂ = (x − mean) rstd; 8 for the roundings of the root, the difference and the products. */
function normalizedRatio(y: ArrayLike<number>, x: Float32Array, m: Moments): number {
  const rstd = 1 / Math.sqrt(m.variance + EPS);
  const relative = (0.5 * m.varianceError) / (m.variance + EPS) + 8 * U;
  const shift = rstd * (m.rest + 2 * U * Math.abs(m.mean));
  return worst(
    y,
    (i) => (x[i] - m.mean) * rstd,
    (_, want) => shift + relative * Math.abs(want),
  );
}

describe.each(Object.entries(ELEMENTS))("ten million elements: %s", (_, element) => {
  let x: Float32Array<ArrayBuffer>;
  let m: Moments;
  beforeAll(() => {
    x = Float32Array.from({ length: COUNT }, (_, i) => element(i));
    m = momentsOf(x, 1);
  });

  it("have a sum, a mean and a variance", async () => {
    const [sum, mean, variance] = await read(x, [COUNT], (t) => [t.sum(), t.mean(), t.var(null, { correction: 0 })]);
    expect(Math.abs(sum[0] - m.sum)).toBeLessThanOrEqual(m.depth * U * m.size);
    expect(Math.abs(mean[0] - m.mean)).toBeLessThanOrEqual(m.rough);
    expect(Math.abs(variance[0] - m.variance)).toBeLessThanOrEqual(m.varianceError);
  });

  it("have extremes", async () => {
    const [max, min, at] = await read(x, [COUNT], (t) => [t.max(), t.min(), t.argmax()]);
    expect([max[0], min[0], at[0]]).toEqual([m.largest, m.smallest, x.indexOf(m.largest)]);
  });

  it("have a softmax and its logarithm's sum", async () => {
    const [lse, p] = await read(x, [COUNT], (t) => [t.logsumexp(), t.softmax()]);
    let [total, weighted] = [0, 0];
    for (const v of x) {
      const e = Math.exp(v - m.largest);
      total += e;
      weighted += e * (m.largest - v);
    }
    // x − max is off by half an ULP of itself; exp by 3 ULP and 2 for each unit of that (WGSL)
    const relative = (m.depth + 8 + (5 * weighted) / total) * U;
    const want = m.largest + Math.log(total);
    expect(Math.abs(lse[0] - want)).toBeLessThanOrEqual(relative + 8 * U * (Math.abs(want) + Math.log(total)));
    const ratio = worst(
      p,
      (i) => Math.exp(x[i] - m.largest) / total,
      (i, y) => y * (relative + (8 + 5 * (m.largest - x[i])) * U) + 2 ** -126,
    );
    expect(ratio).toBeLessThanOrEqual(1);
  });

  it("are normalised as a row, a group and a channel", async () => {
    const [layer] = await read(x, [COUNT], (t) => [t.layerNorm()[0]]);
    const [group] = await read(x, [1, 1, COUNT], (t) => [t.groupNorm(null, null, { groups: 1 })[0]]);
    const [batch] = await read(x, [4, 1, COUNT / 4], (t) => [t.batchNorm()[0]]);
    expect(normalizedRatio(layer, x, m)).toBeLessThanOrEqual(1);
    expect(normalizedRatio(group, x, m)).toBeLessThanOrEqual(1);
    expect(normalizedRatio(batch, x, momentsOf(x, 4))).toBeLessThanOrEqual(1);
  });
});

describe("a few long sums", () => {
  it.each<[string, number[], number | number[]]>([
    ["of rows", [4, 2_500_000], 1],
    ["of columns", [1_000_000, 10], 0],
    ["of runs of seven", [400_000, 3, 7], [0, 2]],
  ])("%s", async (_, shape, dims) => {
    const x = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => 0.1 + 0.01 * (i % 7));
    const [got] = await read(x, shape, (t) => [t.sum(dims)]);
    const kept = shape.length === 2 ? (dims === 1 ? shape[1] : 1) : 7; // neighbours of one output
    const want = new Float64Array(got.length);
    for (const [i, v] of x.entries()) want[Math.floor(i / kept) % got.length] += v;
    const count = x.length / got.length;
    const bound = sumDepth(count, count / kept) * U;
    expect(
      worst(
        got,
        (i) => want[i],
        (_, sum) => bound * sum,
      ),
    ).toBeLessThanOrEqual(1);
  });
});

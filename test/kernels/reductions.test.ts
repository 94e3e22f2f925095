// Reductions too long for one task: the stated bound on sums, NaN and ties across tasks.
import { beforeAll, describe, expect, it } from "vitest";
import { sumDepth } from "../../src/kernels/lib/reduce/fold.js";
import { openDevice, scope, type Tensor, tensor } from "../../src/tensor/index.js";

beforeAll(async () => {
  await openDevice();
});

/** The value of `fn`, a tensor of one element. */
async function itemOf(fn: () => Tensor): Promise<number> {
  const result = scope(fn);
  const value = await result.item();
  result.dispose();
  return value;
}

describe("a long reduction", () => {
  it("sums ten million elements within its chain of additions", async () => {
    const count = 10_000_000;
    const got = await itemOf(() => tensor(new Float32Array(count).fill(0.1)).sum());
    const want = count * Math.fround(0.1);
    // added one by one in f32 the same numbers give 1,087,937
    expect(Math.abs(got - want)).toBeLessThanOrEqual(sumDepth(count) * 2 ** -24 * want);
  });

  it("finds the only NaN among a million elements", async () => {
    const data = new Float32Array(1_000_003);
    data[777_777] = Number.NaN;
    data[3] = Number.POSITIVE_INFINITY;
    expect(await itemOf(() => tensor(data).max())).toBeNaN();
    expect(await itemOf(() => tensor(data).min())).toBeNaN();
    expect(await itemOf(() => tensor(data).argmax())).toBe(777_777);
  });

  it("takes the first of equal elements, whichever task holds it", async () => {
    const data = new Float32Array(1_000_000).fill(-1);
    for (const at of [999_999, 600_000, 400_001]) data[at] = 5;
    expect(await itemOf(() => tensor(data).argmax())).toBe(400_001);
  });

  it("splits columns as it splits rows", async () => {
    const [rows, columns] = [20_000, 12];
    const data = Float32Array.from({ length: rows * columns }, (_, i) => (i % columns) + (i % 7));
    const want = new Float64Array(columns);
    for (const [i, v] of data.entries()) want[i % columns] += v;
    const sums = scope(() => tensor(data, [rows, columns]).sum(0));
    expect(Array.from(await sums.data())).toEqual(Array.from(want)); // integers below 2²⁴ add exactly
    sums.dispose();
  });
});

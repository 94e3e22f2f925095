// Initial weights: the bounds and variances of PyTorch's definitions.
import { beforeAll, expect, test } from "vitest";
import { kaimingNormal, kaimingUniform, xavierNormal, xavierUniform } from "../../src/nn/index.js";
import { openDevice, Rng, ShapeError, type Tensor } from "../../src/tensor/index.js";

beforeAll(async () => {
  await openDevice();
});

const SHAPE = [64, 32, 3, 3]; // fan in 288, fan out 576
const rng = () => new Rng(5);

async function moments(t: Tensor): Promise<{ max: number; variance: number }> {
  const values = [...(await t.data())];
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return {
    max: Math.max(...values.map(Math.abs)),
    variance: values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length,
  };
}

// 18,432 draws: the sample variance is within 5 % with a chance above 1 − 1e-5 (its deviation is √(2/n) ≈ 1 %).
test.each([
  ["Kaiming uniform", () => kaimingUniform(SHAPE, 0, rng()), 2 / 288, Math.sqrt(6 / 288)],
  [
    "Kaiming uniform as PyTorch's layers have it",
    () => kaimingUniform(SHAPE, Math.sqrt(5), rng()),
    1 / 288 / 3,
    1 / Math.sqrt(288),
  ],
  ["Kaiming normal", () => kaimingNormal(SHAPE, "fanOut", rng()), 2 / 576, Number.POSITIVE_INFINITY],
  ["Xavier uniform", () => xavierUniform(SHAPE, rng()), 2 / 864, Math.sqrt(6 / 864)],
  ["Xavier normal", () => xavierNormal(SHAPE, rng()), 2 / 864, Number.POSITIVE_INFINITY],
])("%s", async (_, make, variance, bound) => {
  const got = await moments(make());
  expect(Math.abs(got.variance / variance - 1)).toBeLessThan(0.05);
  expect(got.max).toBeLessThanOrEqual(bound);
});

test("a vector has no fan", () => {
  expect(() => kaimingNormal([3])).toThrow(ShapeError);
});

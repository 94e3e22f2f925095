// Normalisation: precision far from zero, and no work for gradients that nobody asked for.
import { beforeAll, describe, expect, it } from "vitest";
import { normTolerance } from "../../src/kernels/lib/norm/normTolerance.js";
import { type Device, grad, ones, openDevice, scope, type Tensor, tensor, zeros } from "../../src/tensor/index.js";
import { Rng } from "../../src/tensor/rng.js";
import { mismatch } from "../ops/lib/compare.js";

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});

function normals(shape: readonly number[], mean = 0): Tensor {
  const rng = new Rng(1);
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Float32Array.from({ length: size }, () => mean + rng.normal()),
    shape,
  );
}

/** x̂ of consecutive runs of `length` elements, in float64. */
function normalized(data: ArrayLike<number>, length: number): Float64Array {
  const y = Float64Array.from(data);
  for (let start = 0; start < y.length; start += length) {
    const row = y.subarray(start, start + length);
    const mean = row.reduce((a, b) => a + b, 0) / length;
    const variance = row.reduce((a, b) => a + (b - mean) ** 2, 0) / length;
    for (const [i, v] of row.entries()) row[i] = (v - mean) / Math.sqrt(variance + 1e-5);
  }
  return y;
}

describe("values around a thousand", () => {
  it.each<[string, (x: Tensor) => Tensor]>([
    ["batchNorm", (x) => x.batchNorm()[0]],
    ["groupNorm", (x) => x.groupNorm(null, null, { groups: 1 })[0]],
    ["layerNorm", (x) => x.layerNorm(null, null, { dims: 3 })[0]],
  ])("keep their digits in %s", async (_, norm) => {
    const x = normals([1, 1, 40, 50], 1000);
    const y = scope(() => norm(x));
    const want = normalized(await x.data(), 2000);
    // A mean in one part would round to 3e-5, uncorrected be off by 1e-4; by E[x²] − E[x]² the variance would be off by 0.06.
    expect(mismatch(await y.data(), want, y, normTolerance([x]))).toBe("");
  });
});

describe("gradients", () => {
  /** Kernels that the backward pass of `loss` runs when only `wanted` are leaves. */
  async function kernels(loss: () => Tensor, wanted: readonly Tensor[]): Promise<string[]> {
    const times = await device.profile(() => {
      scope(() => {
        const y = loss();
        for (const g of grad(y, wanted, { gradient: ones(y.shape) })) g.dispose();
        return null;
      });
    });
    return times.map(({ label }) => label);
  }

  it("of a frozen affine map cost no launch", async () => {
    const [x, weight, bias] = [normals([4, 6]).setRequiresGrad(true), ones([6]), zeros([6])];
    const labels = await kernels(() => x.layerNorm(weight, bias)[0], [x]);
    expect(labels).toContain("layerNormInputGrad");
    expect(labels).not.toContain("layerNormAffineGrad");
  });

  it("of a constant input cost no launch", async () => {
    const [x, weight, bias] = [normals([2, 4, 3, 3]), ones([4]).setRequiresGrad(true), zeros([4])];
    bias.setRequiresGrad(true);
    const labels = await kernels(() => x.groupNorm(weight, bias, { groups: 2 })[0], [weight, bias]);
    expect(labels).toContain("groupNormSums");
    expect(labels).not.toContain("groupNormInputGrad");
  });
});

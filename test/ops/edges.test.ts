// What the generated tests cannot say: derivatives at kinks, numbers as operands, and tensors larger than the grid.
import { beforeAll, describe, expect, test } from "vitest";
import { sizeClass } from "../../src/tensor/device/pool.js";
import { type Device, grad, openDevice, type Tensor, tensor } from "../../src/tensor/index.js";

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});

/** The derivative of Σ f(x) at each of `values`. */
async function slopesAt(values: number[], f: (x: Tensor) => Tensor): Promise<number[]> {
  const x = tensor(values, null, { device, requiresGrad: true });
  return [...(await grad(f(x).sum(), [x])[0].data())];
}

describe("derivatives where there are several, as PyTorch chooses them", () => {
  test("relu has 0 at 0, and lets the gradient pass at NaN", async () => {
    expect(await slopesAt([-1, 0, 1, Number.NaN], (x) => x.relu())).toEqual([0, 0, 1, 1]);
  });

  test("abs has 0 at 0", async () => {
    expect(await slopesAt([-2, 0, 3], (x) => x.abs())).toEqual([-1, 0, 1]);
  });

  test("clamp has 1 on its bounds, and 0 outside and at NaN", async () => {
    expect(await slopesAt([-2, -1, 0, 1, 2, Number.NaN], (x) => x.clamp(-1, 1))).toEqual([0, 1, 1, 1, 0, 0]);
  });

  test("maximum and minimum halve the gradient between equals", async () => {
    const b = tensor([1, 1, 1], null, { device });
    expect(await slopesAt([0, 1, 2], (x) => x.maximum(b))).toEqual([0, 0.5, 1]);
    expect(await slopesAt([0, 1, 2], (x) => b.minimum(x))).toEqual([1, 0.5, 0]);
  });

  test("pow takes negative bases, and a base of 0", async () => {
    expect(await slopesAt([-2, 0, 3], (x) => x.pow(3))).toEqual([12, 0, 27]);
    expect(await slopesAt([-2, 0, 3], (x) => x.pow(0))).toEqual([0, 0, 0]);
  });
});

describe("a number as operand", () => {
  test("takes the dtype of the tensor beside it", async () => {
    const counts = tensor([5, -5], null, { device, dtype: "i32" });
    expect([...(await counts.add(2).data())]).toEqual([7, -3]);
    expect((await counts.gt(0).data()).toString()).toBe("1,0");
  });

  test("is a float where all tensors are conditions", async () => {
    const picked = tensor([true, false], null, { device }).where(0.5, -1);
    expect([...(await picked.data())]).toEqual([0.5, -1]);
  });
});

describe("a tensor larger than the grid", () => {
  const n = 300_001; // 75,001 steps of four: more than nine times what one sweep of a software adapter's grid covers
  const values = Float32Array.from({ length: n }, (_, i) => i);

  test("is computed to its end, which no step of four meets", async () => {
    const x = tensor(values, null, { device });
    expect((await x.add(1).data()).every((v, i) => v === i + 1)).toBe(true);
  });

  test("is computed to its end, row by row, with a broadcast column", async () => {
    const x = tensor(values.subarray(1), [3, 100_000], { device });
    const y = await x.mul(tensor([[1], [2], [3]], null, { device })).data();
    expect(y.every((v, i) => v === (i + 1) * (1 + Math.floor(i / 100_000)))).toBe(true);
  });

  test("is copied to its end", async () => {
    const flipped = await tensor(values, null, { device }).flip().data();
    expect(flipped.every((v, i) => v === n - 1 - i)).toBe(true);
  });
});

test("buffers hold whole steps of four elements, on which elementwise kernels rely", () => {
  for (let elements = 1; elements < 5000; elements += 7) {
    expect(sizeClass(4 * elements) % 16).toBe(0);
    expect(sizeClass(4 * elements)).toBeGreaterThanOrEqual(16 * Math.ceil(elements / 4));
  }
});

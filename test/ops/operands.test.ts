// What the generated tests cannot say: numbers as operands, and tensors larger than the grid.
import { beforeAll, describe, expect, test } from "vitest";
import { sizeClass } from "../../src/tensor/device/pool.js";
import { type Device, openDevice, tensor } from "../../src/tensor/index.js";

let device: Device;
beforeAll(async () => {
  device = await openDevice();
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

// The buffer pool under a budget: what is free makes room, what fails keeps nothing, no buffer is too large to bind.
import { afterAll, beforeAll, expect, test } from "vitest";
import { BufferPool } from "../../src/tensor/device/pool.js";
import {
  backward,
  type Device,
  memory,
  OutOfMemoryError,
  openDevice,
  scope,
  type Tensor,
  tensor,
  zeros,
} from "../../src/tensor/index.js";

const BUDGET = 1 << 20;
let device: Device;

beforeAll(async () => {
  device = await openDevice({ memoryBudget: BUDGET });
});

afterAll(async () => {
  device.destroy();
  await openDevice();
});

test("buffers kept for reuse make room for those of another size", async () => {
  for (let n = 1; n <= 10; n++) scope(() => void zeros([n * 20_000])); // 4 MB in all
  const x = zeros([200_000]);
  expect((await x.data())[199_999]).toBe(0);
  expect(memory().peakBytes).toBeLessThanOrEqual(BUDGET);
  x.dispose();
});

test("commands that are not submitted yet keep the buffers that make room", async () => {
  const x = tensor(new Float32Array(100_000).fill(1));
  const sum = scope(() => x.add(1).sum()); // 400 kB of x + 1 are free, but the sum over them waits in the encoder
  const y = zeros([120_000]);
  expect(await sum.item()).toBe(200_000);
  for (const t of [x, sum, y]) t.dispose();
});

test("an op that runs out of memory half-way gives back what it took", () => {
  const x = zeros([1, 4, 24_000, 1]); // 384 kB: there is room for the pooled values, and then not for their places
  const { liveBuffers, liveBytes } = memory();
  expect(() => x.maxPool2d(1)).toThrow(OutOfMemoryError);
  expect(memory()).toMatchObject({ liveBuffers, liveBytes });
  x.dispose();
});

test("a backward pass that runs out of memory holds on to nothing", async () => {
  const x = tensor(new Float32Array(60_000).fill(2), null, { requiresGrad: true }); // 240 kB, of which the budget holds three: the forward pass
  const { tensors, nodes, liveBytes } = memory();
  expect(() => scope(() => backward(x.mul(x).mul(x).sum()))).toThrow(OutOfMemoryError);
  expect(memory()).toMatchObject({ tensors, nodes, liveBytes });
  expect(x.grad).toBeNull();
  scope(() => backward(x.sum()));
  expect((await (x.grad as Tensor).data())[59_999]).toBe(1);
  x.dispose();
});

test("a size class ends at the largest buffer that can be bound", () => {
  const limits = { budget: BUDGET, keep: 0, largest: 15_008 };
  const pool = new BufferPool(device.gpu, limits, { onError() {}, onDestroy() {}, flush() {} });
  const buffer = pool.acquire(14_500, "test");
  expect(buffer.gpu.size).toBe(15_008); // its class would be 16,384
  pool.release(buffer);
  expect(pool.acquire(15_008, "test")).toBe(buffer);
  expect(() => pool.acquire(15_009, "test")).toThrow(OutOfMemoryError);
});

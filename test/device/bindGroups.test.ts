// Bind groups: a step that repeats makes none, however many it needs, and those that are forgotten do not pile up.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Device, memory, openDevice, scope, type Tensor, tensor } from "../../src/tensor/index.js";

let device: Device;

beforeAll(async () => {
  device = await openDevice({ poolCap: 1 << 22 });
});

afterAll(async () => {
  device.destroy();
  await openDevice();
});

/** 1 + 1 + …, every sum in a buffer of its own. */
function chain(x: Tensor, length: number): void {
  scope(() => {
    let sum = x;
    for (let i = 0; i < length; i++) sum = sum.add(x);
  });
}

test("a step of 1,500 groups makes none when it is repeated", async () => {
  const x = tensor([1]);
  const made: number[] = [];
  for (let i = 0; i < 4; i++) {
    chain(x, 1500);
    await device.sync();
    made.push(memory(device).bindGroups);
  }
  expect(made[3]).toBe(made[1]);
  x.dispose();
});

test("groups of buffers that are given back to the driver go, all others stay", async () => {
  const x = tensor([1]);
  chain(x, 100);
  const big = tensor(new Float32Array(1 << 21)); // 8 MiB: over the cap of the pool once it is free
  big.neg().dispose();
  const before = memory(device).keptBindGroups;
  big.dispose();
  await device.sync();
  expect(memory(device).keptBindGroups).toBe(before - 1);
  const { bindGroups } = memory(device);
  chain(x, 100);
  expect(memory(device).bindGroups).toBe(bindGroups);
  x.dispose();
});

test("where no step is like another, few groups are kept and few wait for the collector", async () => {
  const xs = Array.from({ length: 130 }, (_, i) => tensor([i]));
  let most = 0;
  for (const x of xs) {
    for (const y of xs) x.add(y).dispose(); // 16,900 pairs, each a group
    await device.sync();
    most = Math.max(most, memory(device).forgottenBindGroups);
  }
  const { bindGroups, keptBindGroups, forgottenBindGroups } = memory(device);
  expect(bindGroups).toBeGreaterThan(16_900);
  expect(keptBindGroups).toBe(8192);
  expect(bindGroups - keptBindGroups).toBeGreaterThan(2 * 4096); // so it was collected, twice
  expect(most).toBeLessThan(4096 + 2 * 130 + forgottenBindGroups);
  for (const x of xs) x.dispose();
});

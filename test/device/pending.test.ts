// Work that nobody waits for: it queues up to a bound, which an event loop that turns keeps away.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Device, DeviceError, memory, openDevice, scope, type Tensor, tensor } from "../../src/tensor/index.js";

const BOUND = 32_768;
let device: Device;
let x: Tensor;

beforeAll(async () => {
  device = await openDevice({});
  x = tensor([1]);
});

afterAll(async () => {
  device.destroy();
  await openDevice();
});

const run = (kernels: number) =>
  scope(() => {
    for (let i = 0; i < kernels; i++) x.neg().dispose();
  });

test("more than the bound is refused, and nothing is lost", async () => {
  run(BOUND);
  const before = memory(device).tensors;
  expect(() => x.neg()).toThrow(DeviceError);
  expect(() => x.neg()).toThrow(/^neg: 32768 kernels wait to run, and nobody waits for them\n {2}help: await/);
  expect(memory(device).tensors).toBe(before);
  expect(await x.item()).toBe(1); // which waits for all
  using y = x.neg();
  expect(await y.item()).toBe(-1);
});

test("sync() makes room", async () => {
  run(BOUND);
  await device.sync();
  run(1);
});

test("a program that lets the event loop turn reads nothing and goes on for ever", async () => {
  for (let i = 0; i < 5; i++) {
    run(8192);
    device.flush();
    await device.gpu.queue.onSubmittedWorkDone(); // a wait that the engine is not told of
  }
});

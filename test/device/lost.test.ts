// A device that goes: who waits is told, who goes on is refused, and nothing of it stays behind.
import { afterAll, beforeAll, expect, test } from "vitest";
import { collector } from "../../src/tensor/device/nodeCollector.js";
import { Device, DeviceLostError, openDevice, tensor } from "../../src/tensor/index.js";

beforeAll(async () => {
  await openDevice();
});

afterAll(async () => {
  await openDevice();
});

test("a device that the driver takes away tells it, and why", async () => {
  const device = await Device.open();
  const x = tensor([1], null, { device });
  device.gpu.destroy(); // as a driver's reset does: behind the back of this package
  const reason = await device.lost;
  expect(reason).toBeInstanceOf(DeviceLostError);
  expect(reason.message).toMatch(/^the device was lost \(destroyed\)/);
  expect(reason.help).toContain("open a new device");
  expect(device.failed).toBe(true);
  expect(() => x.add(1)).toThrow(reason);
  x.dispose();
});

test("a device that was given back tells it as well", async () => {
  const device = await Device.open();
  device.destroy();
  expect((await device.lost).message).toMatch(/^the device was destroyed/);
});

/** Opens a device, computes on it, gives it back. */
async function use(): Promise<WeakRef<Device>> {
  const device = await Device.open();
  const x = tensor([1, 2], null, { device });
  const y = x.mul(3);
  expect([...(await y.data())]).toEqual([3, 6]);
  x.dispose();
  y.dispose();
  device.destroy();
  await device.lost;
  return new WeakRef(device);
}

test("devices that were given back are collected", async () => {
  const devices: WeakRef<Device>[] = [];
  for (let i = 0; i < 4; i++) devices.push(await use());
  const collect = collector();
  for (let i = 0; i < 4; i++) {
    await new Promise((resolve) => setTimeout(resolve, 1)); // weak references hold until the turn ends
    collect();
  }
  expect(devices.map((device) => device.deref()).filter((device) => device !== undefined)).toEqual([]);
});

test("a profile of a device that goes meanwhile says so", async () => {
  for (const go of [(device: Device) => device.destroy(), (device: Device) => device.gpu.destroy()]) {
    const device = await Device.open();
    const x = tensor([1, 2], null, { device });
    const times = device.profile(() => void x.mul(3));
    go(device);
    await expect(times).rejects.toThrow(DeviceLostError);
  }
});

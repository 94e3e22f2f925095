// The device that new tensors go to.
import { Device, type DeviceOptions } from "./device/device.js";
import { DeviceError } from "./errors.js";

let current: Device | null = null;

/**
 * Opens the best WebGPU adapter and makes it the default: in a browser `navigator.gpu`; in Node the driver named by
 * VK_DRIVER_FILES, else the system's GPU or lavapipe, else NVIDIA's, else SwiftShader from `@sparticuz/chromium`.
 * Called again without options it returns the device that is open; `Device.open()` always opens another.
 * Throws DeviceError with the reason and the remedy when none works.
 */
export async function openDevice(options?: DeviceOptions): Promise<Device> {
  if (!options && current && !current.failed) return current;
  current = await Device.open(options);
  return current;
}

/** The default device. Throws DeviceError before `openDevice()`. */
export function currentDevice(): Device {
  if (!current) throw new DeviceError("no device is open", "await openDevice() first");
  return current;
}

/** Makes `device` the default for new tensors. */
export function setCurrentDevice(device: Device): void {
  current = device;
}

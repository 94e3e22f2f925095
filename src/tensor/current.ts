// The device that new tensors go to.
import { Device, type DeviceOptions } from "./device/device.js";
import { ConfigError, DeviceError } from "./errors.js";

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

/** The device that all `tensors` are on; the default one for none. Throws DeviceError for several. */
export function deviceOf(tensors: Iterable<{ readonly device: Device }>): Device {
  const [device = currentDevice(), other] = new Set(Array.from(tensors, (tensor) => tensor.device));
  if (!other) return device;
  throw new DeviceError(
    `tensors of two devices (${device.adapter.name}, ${other.adapter.name})`,
    "make or load them all on one: see withDevice()",
  );
}

/**
 * Runs `fn` with `device` as the default for new tensors and modules, as `with torch.device(…)` does. Throws ConfigError
 * if `fn` is async: others would run in between.
 */
export function withDevice<T>(device: Device, fn: () => T): T {
  const before = current;
  current = device;
  try {
    const result = fn();
    if (!(result instanceof Promise)) return result;
    throw new ConfigError("withDevice: the function is async", "pass { device } to what it makes");
  } finally {
    current = before;
  }
}

/** Makes `device` the default for new tensors. */
export function setCurrentDevice(device: Device): void {
  current = device;
}

// The device that new tensors go to.
import { formatValue } from "./arguments.js";
import { callNow } from "./callNow.js";
import { Device } from "./device/device.js";
import type { DeviceOptions } from "./device/request.js";
import { ConfigError, DeviceError } from "./errors.js";

let current: Device | null = null;
/** Calls of openDevice() so far, and the one that `current` came from: the last call decides, whichever ends last. */
let calls = 0;
let currentCall = 0;
/** Devices on the way. */
const opening = new Set<Promise<Device>>();
let openingDefault: Promise<Device> | null = null;

/**
 * Opens the best WebGPU adapter and makes it the default: in a browser `navigator.gpu`; in Node the driver named by
 * VK_DRIVER_FILES, else the system's GPU or lavapipe, else NVIDIA's, else SwiftShader from `@sparticuz/chromium`.
 *
 * Called without options it returns the device that is open or on its way, however often and whenever it is called. With
 * options, and be they `{}`, it opens another each time; of several, the last call's becomes the default.
 * Throws DeviceError with the reason and the remedy when none works, ConfigError for options that are none.
 */
export async function openDevice(options?: DeviceOptions): Promise<Device> {
  if (options) return openAnother(options);
  openingDefault ??= openDefault().finally(() => {
    openingDefault = null;
  });
  return openingDefault;
}

async function openDefault(): Promise<Device> {
  if (!current || current.failed) await Promise.allSettled(opening); // an error is the other caller's
  return current && !current.failed ? current : openAnother({});
}

async function openAnother(options: DeviceOptions): Promise<Device> {
  const call = ++calls;
  const pending = Device.open(options);
  opening.add(pending);
  try {
    const device = await pending;
    if (call > currentCall) setCurrent(device, call);
    return device;
  } finally {
    opening.delete(pending);
  }
}

function setCurrent(device: Device | null, call: number): void {
  current = device;
  currentCall = call;
}

/** The default device. Throws DeviceError before `openDevice()`. */
export function currentDevice(): Device {
  if (!current) throw new DeviceError("no device is open", "await openDevice() first");
  return current;
}

/** `device`. Throws ConfigError, in the name of `owner`, unless it is one. */
export function checkDevice(owner: string, device: Device): Device {
  if (device instanceof Device) return device;
  throw new ConfigError(`${owner}: device is ${formatValue(device)}`, "pass what `await openDevice()` gave");
}

/** Where `options` want a new tensor: on their device, or the default one. Throws DeviceError and ConfigError. */
export function deviceFor(owner: string, { device }: { readonly device?: Device }): Device {
  return device === undefined || device === null ? currentDevice() : checkDevice(owner, device);
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
 * if `fn` is async or a generator: others would run in between.
 */
export function withDevice<T>(device: Device, fn: () => T): T {
  checkDevice("withDevice", device);
  const before = current;
  current = device;
  try {
    return callNow("withDevice", fn);
  } finally {
    current = before;
  }
}

/** Makes `device` the default for new tensors. */
export function setCurrentDevice(device: Device): void {
  setCurrent(checkDevice("setCurrentDevice", device), ++calls);
}

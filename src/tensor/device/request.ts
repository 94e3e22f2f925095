// The GPUDevice behind a Device: requested from the best adapter, or one that the page has already.
import { formatValue } from "../arguments.js";
import { ConfigError, DeviceError } from "../errors.js";
import { checkOptions } from "../options.js";
import { describeAdapter } from "./adapter/describe.js";
import { type OpenGpuOptions, openGpu } from "./adapter/index.js";
import { type Caps, capsOf, DEFAULT_CAPS } from "./caps.js";
import type { DeviceWarning } from "./warn.js";

/** Which device is opened, and how much memory it may use. */
export interface DeviceOptions extends OpenGpuOptions {
  /**
   * Work on this one instead of opening an adapter: its buffers can be shared with what else the page draws or computes.
   * It need have no features and no more than WebGPU's default limits; `shader-f16`, `subgroups`, `timestamp-query` and
   * larger buffers are used where it has them. `destroy()` frees what was made on it, and leaves it to the page.
   */
  device?: GPUDevice;
  /** Most bytes of tensor storage, live and pooled. Default: 8 GiB on software adapters, unlimited on GPUs. */
  memoryBudget?: number;
  /** Most bytes kept for reuse. Default: 1 GiB. */
  poolCap?: number;
  /**
   * Hears, once, of a loop whose every step leaves tensors behind; `() => {}` where they are meant to stay. Default: Node's
   * `process.emitWarning`, in a page the console.
   */
  onWarning?: (warning: DeviceWarning) => void;
}

const OPTIONS: readonly (keyof DeviceOptions)[] = ["adapter", "device", "memoryBudget", "poolCap", "onWarning"];

/** What a person wants to know of the adapter in use. */
export interface AdapterInfo {
  readonly name: string;
  readonly driver: string;
  /** The way it was found (see docs of `openDevice`), or `given` for a device that the page has opened. */
  readonly how: string;
}

/** What a Device stands on. */
export interface RequestedGpu {
  readonly gpu: GPUDevice;
  readonly adapter: AdapterInfo;
  readonly caps: Caps;
}

const FEATURES: readonly GPUFeatureName[] = ["shader-f16", "subgroups", "timestamp-query"];
const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxStorageBuffersPerShaderStage",
] as const;

/** What kernels rely on: WebGPU's defaults, which devices of the level "compatibility" may fall short of. */
const LEAST: Partial<Record<(typeof LIMITS)[number], number>> = {
  maxComputeWorkgroupStorageSize: DEFAULT_CAPS.maxWorkgroupBytes,
  maxComputeInvocationsPerWorkgroup: DEFAULT_CAPS.maxInvocations,
  maxComputeWorkgroupSizeX: DEFAULT_CAPS.maxInvocations,
  maxStorageBuffersPerShaderStage: 8,
};

/** Of a device in a browser that does not say which adapter it is of. */
const UNKNOWN = { vendor: "", architecture: "", device: "", description: "" } as GPUAdapterInfo;

/** Throws ConfigError for unknown options and values that are none. */
function checkDeviceOptions(options: DeviceOptions): void {
  checkOptions("openDevice", options, OPTIONS);
  const { adapter, device, memoryBudget, poolCap, onWarning } = options;
  for (const [name, bytes] of Object.entries({ memoryBudget, poolCap })) {
    if (bytes === undefined || (typeof bytes === "number" && bytes >= 0)) continue;
    const help = "give a number of bytes ≥ 0, Infinity for no limit, or leave it out";
    throw new ConfigError(`openDevice: ${name} is ${formatValue(bytes)}`, help);
  }
  if (adapter !== undefined && typeof adapter !== "string") {
    const help = "give any part of an adapter's name, or leave it out: `zerosiam doctor` lists them";
    throw new ConfigError(`openDevice: adapter is ${formatValue(adapter)}`, help);
  }
  if (onWarning !== undefined && typeof onWarning !== "function") {
    const help = "give a function of the warning, () => {} to hear none, or leave it out";
    throw new ConfigError(`openDevice: onWarning is ${formatValue(onWarning)}`, help);
  }
  if (device === undefined) return;
  if (adapter !== undefined)
    throw new ConfigError("openDevice: adapter and device are given", "a device has its adapter");
  if (Object.prototype.toString.call(device) !== "[object GPUDevice]") {
    const help = "pass what `await adapter.requestDevice()` gave, or leave it out";
    throw new ConfigError(`openDevice: device is ${formatValue(device)}`, help);
  }
}

/**
 * The device that `options` ask for. Throws ConfigError for options that are none, DeviceError where there is no adapter,
 * where it refuses a device, or where the one given falls short of WebGPU's defaults.
 */
export async function requestGpu(options: DeviceOptions): Promise<RequestedGpu> {
  checkDeviceOptions(options);
  if (options.device) return given(options.device);
  const { adapter, name, driver, how } = await openGpu(options);
  const requiredFeatures = FEATURES.filter((feature) => adapter.features.has(feature));
  const requiredLimits: Record<string, number> = {};
  for (const limit of LIMITS) requiredLimits[limit] = adapter.limits[limit];
  try {
    const gpu = await adapter.requestDevice({ requiredFeatures, requiredLimits });
    return { gpu, adapter: { name, driver, how }, caps: capsOf(adapter.info, gpu) };
  } catch (cause) {
    const help =
      "close other programs and pages that use the GPU, or choose another adapter: `zerosiam doctor` lists them";
    throw new DeviceError(`openDevice: ${name} refuses a device: ${(cause as Error).message}`, help, { cause });
  }
}

function given(gpu: GPUDevice): RequestedGpu {
  const short = Object.entries(LEAST).filter(([name, least]) => gpu.limits[name as keyof typeof LEAST] < least);
  if (short.length > 0) {
    const lacks = short.map(([name, least]) => `${name} ${gpu.limits[name as keyof typeof LEAST]} < ${least}`);
    const help = 'request it from an adapter of the level "core", without lowering limits';
    throw new DeviceError(`openDevice: the device given falls short: ${lacks.join(", ")}`, help);
  }
  const info = gpu.adapterInfo ?? UNKNOWN;
  return { gpu, adapter: { ...describeAdapter(info), how: "given" }, caps: capsOf(info, gpu) };
}

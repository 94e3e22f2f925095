// What kernels may know of an adapter: the limits and features that decide between their variants.

/** Everything a kernel may branch on. Plain data, so that kernels can be generated and compiled without a device. */
export interface Caps {
  /** `software` for a CPU rasteriser (lavapipe, SwiftShader), where a lane is cheap and shared memory is not. */
  readonly kind: "software" | "gpu";
  /** Subgroup size where it is fixed and the feature is on, else 0. */
  readonly subgroupSize: number;
  readonly f16: boolean;
  readonly maxInvocations: number;
  readonly maxWorkgroupBytes: number;
  readonly maxBindingBytes: number;
}

/** The limits every WebGPU implementation grants: what kernels must compile at. */
export const DEFAULT_CAPS: Caps = Object.freeze({
  kind: "gpu",
  subgroupSize: 0,
  f16: false,
  maxInvocations: 256,
  maxWorkgroupBytes: 16384,
  maxBindingBytes: 134217728,
});

const SOFTWARE = /llvmpipe|lavapipe|swiftshader|warp|basic render/i;

/** The caps of `device`, which was requested from the adapter that `info` tells of. */
export function capsOf(info: GPUAdapterInfo, device: GPUDevice): Caps {
  const fixedSize = info.subgroupMinSize === info.subgroupMaxSize ? info.subgroupMinSize : 0;
  return {
    kind: SOFTWARE.test(`${info.vendor} ${info.architecture} ${info.device} ${info.description}`) ? "software" : "gpu",
    subgroupSize: device.features.has("subgroups") ? (fixedSize ?? 0) : 0,
    f16: device.features.has("shader-f16"),
    maxInvocations: device.limits.maxComputeInvocationsPerWorkgroup,
    maxWorkgroupBytes: device.limits.maxComputeWorkgroupStorageSize,
    // Dawn asks the driver for a few bytes more than a buffer's size: SwiftShader refuses one of its own maximum.
    maxBindingBytes: Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize - 256),
  };
}

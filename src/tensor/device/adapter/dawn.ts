// Dawn in Node (npm `webgpu`): loading it, its toggles, and keeping its instances alive.
import { constants } from "node:os";
import { DeviceError } from "../../errors.js";

/** f16 on NVIDIA, features still behind a flag, timestamps in full resolution. Dawn ignores names it does not know. */
export const DAWN_FLAGS: readonly string[] = [
  "enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia",
  "disable-dawn-features=timestamp_quantization",
];

/** RTLD_NODELETE, which Node does not name: the library stays when Node closes what it took for an add-on. */
const RTLD_NODELETE = 0x1000;

// An instance that is collected while a device of it lives crashes the process, so none ever is. The list hangs on
// globalThis because a process can hold several copies of this module (a bundle beside the source, test runners).
const INSTANCES = Symbol.for("zerosiam.dawn.instances");
const keeper = globalThis as { [INSTANCES]?: GPU[] };

/** A new Dawn instance; installs WebGPU's globals (`GPUBufferUsage`, ...). Throws DeviceError where Dawn cannot load. */
export async function createInstance(...flags: string[]): Promise<GPU> {
  const { create, globals } = await loadDawn();
  Object.assign(globalThis, globals);
  const gpu = create([...DAWN_FLAGS, ...flags]);
  keeper[INSTANCES] ??= [];
  keeper[INSTANCES].push(gpu);
  return gpu;
}

/** The package that holds Dawn, an optional dependency: `--omit=optional` leaves it out. */
const INSTALL = "npm install webgpu@0.6.2";

/** The package. Throws DeviceError where it is not installed or does not fit this system. */
export async function loadDawn(): Promise<typeof import("webgpu")> {
  try {
    return await import("webgpu");
  } catch (cause) {
    throw dawnError(cause);
  }
}

/** Why the package `webgpu` cannot be used, from what importing or resolving it threw. */
export function dawnError(cause: unknown): DeviceError {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND") {
    return new DeviceError("openDevice: the npm package webgpu (Dawn) is not installed", INSTALL, { cause });
  }
  const help = `Dawn is built for Linux (glibc) and Windows on x64 and arm64, and for macOS; reinstall it: ${INSTALL}`;
  return new DeviceError(`openDevice: Dawn does not load: ${message}`, help, { cause });
}

/** Loads a libvulkan.so.1 into the process: Dawn's own dlopen() of that name then finds it. Throws DeviceError. */
export function preloadLoader(file: string): void {
  const { RTLD_NOW, RTLD_GLOBAL } = constants.dlopen;
  try {
    process.dlopen({ exports: {} }, file, RTLD_NOW | RTLD_GLOBAL | RTLD_NODELETE);
  } catch (cause) {
    // Loaded, but no add-on of Node: what is wanted here.
    if ((cause as Error).message.includes("did not self-register")) return;
    throw new DeviceError(`could not load ${file}: ${(cause as Error).message}`, "", { cause });
  }
}

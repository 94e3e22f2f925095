// The ways to a Vulkan driver in Node, in the order in which they are tried.
import { existsSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import { DeviceError } from "../../errors.js";
import type { AdapterWay, Drivers } from "./describe.js";
import { unpackSwiftShader } from "./swiftshader.js";

export interface Way {
  readonly how: AdapterWay;
  readonly where: string;
  /** Throws DeviceError when this way is closed before Dawn is asked. */
  drivers(): Drivers;
}

/** The ways to try, and (part of) the adapter's name when one is asked for. */
export interface Choice {
  readonly ways: readonly Way[];
  readonly name?: string;
}

/** Container runtimes mount NVIDIA's driver here, where the loader does not look by itself. */
const NVIDIA_MANIFEST = "/usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json";

/** All ways of this machine. The user's variables replace the system's: with them the loader looks nowhere else. */
export function allWays(): Way[] {
  const swiftshader: Way = { how: "swiftshader", where: "npm @sparticuz/chromium", drivers: unpackSwiftShader };
  for (const variable of ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"]) {
    const value = process.env[variable];
    if (value !== undefined) return [{ how: "user", where: `${variable}=${value}`, drivers: () => ({}) }, swiftshader];
  }
  const ways: Way[] = [{ how: "system", where: "the system's drivers", drivers: () => ({}) }];
  if (process.platform === "linux" && existsSync(NVIDIA_MANIFEST)) {
    ways.push({ how: "nvidia", where: NVIDIA_MANIFEST, drivers: () => ({ manifest: NVIDIA_MANIFEST }) });
  }
  return [...ways, swiftshader];
}

/** What the `adapter` option of openGpu() means. */
export function choose(wanted: string | undefined): Choice {
  const ways = allWays();
  if (!wanted) return { ways };
  const installed = ways.filter((way) => way.how !== "swiftshader");
  if (wanted === "system") return { ways: installed };
  const swiftshader = ways.filter((way) => way.how === "swiftshader");
  return { ways: wanted === "swiftshader" ? [...swiftshader, ...installed] : ways, name: wanted };
}

/** Runs `task` while this process's variables name `drivers`. Throws DeviceError in a worker, whose variables are copies. */
export async function withDrivers<T>(drivers: Drivers, task: () => Promise<T>): Promise<T> {
  if (!drivers.manifest) return task();
  if (!isMainThread) {
    throw new DeviceError(
      `a worker thread cannot choose a driver: start Node with VK_DRIVER_FILES=${drivers.manifest}`,
    );
  }
  const before = process.env.VK_DRIVER_FILES;
  process.env.VK_DRIVER_FILES = drivers.manifest;
  try {
    return await task();
  } finally {
    if (before === undefined) delete process.env.VK_DRIVER_FILES;
    else process.env.VK_DRIVER_FILES = before;
  }
}

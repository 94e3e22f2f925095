// Adapter discovery: the browser's adapter, or in Node a GPU, an installed software driver, or SwiftShader from npm.
import { DeviceError } from "../../errors.js";
import {
  type AdapterSummary,
  describeAdapter,
  limitsOf,
  matchesName,
  type OpenedGpu,
  type OpenGpuOptions,
} from "./describe.js";

export type { AdapterSummary, OpenGpuOptions } from "./describe.js";

/**
 * Opens the best adapter there is. In Node the order is: what VK_DRIVER_FILES (or VK_ICD_FILENAMES) names; the
 * system's Vulkan drivers; NVIDIA's container driver; SwiftShader from `@sparticuz/chromium` when installed.
 *
 * `adapter` forces a choice; `system` means anything but the npm SwiftShader.
 * Throws DeviceError when there is none, with each way's reason and the fix, or when no adapter has that name.
 */
export async function openGpu(options: OpenGpuOptions = {}): Promise<OpenedGpu> {
  // Browser builds define globalThis.process as undefined, which drops this branch and with it all Node code.
  if (globalThis.process?.versions?.node) return (await import("./node.js")).openInNode(options.adapter);
  return openInBrowser(options.adapter);
}

/** Every way to an adapter on this machine, whether it works, and what is there. Never throws for a missing one. */
export async function listAdapters(): Promise<AdapterSummary[]> {
  if (globalThis.process?.versions?.node) return (await import("./probe.js")).probeAll();
  const base = { how: "browser", where: "navigator.gpu", names: [], features: [], limits: {} } as const;
  try {
    const { adapter, name, driver } = await openInBrowser();
    const features = [...adapter.features].sort();
    return [{ ...base, ok: true, reason: "", name, driver, names: [name], features, limits: limitsOf(adapter) }];
  } catch (error) {
    return [{ ...base, ok: false, reason: (error as Error).message, name: "", driver: "" }];
  }
}

async function openInBrowser(wanted?: string): Promise<OpenedGpu> {
  const gpu = globalThis.navigator?.gpu;
  if (!gpu) {
    const help = "use a browser with WebGPU, on an https:// or localhost page";
    throw new DeviceError("openDevice: this browser has no navigator.gpu", help);
  }
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) {
    const help = "turn hardware acceleration on, or start Chromium with --enable-unsafe-webgpu";
    throw new DeviceError("openDevice: the browser offers no adapter", help);
  }
  const { name, driver } = describeAdapter(adapter.info);
  if (wanted && !matchesName(wanted, name, driver)) {
    const help = "leave the adapter option out: browsers offer one adapter";
    throw new DeviceError(`openDevice: no adapter is called "${wanted}"; there is ${name}`, help);
  }
  return { adapter, gpu, name, driver, how: "browser" };
}

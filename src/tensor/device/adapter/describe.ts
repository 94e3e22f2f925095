// What is known of an adapter: the types that discovery returns, its name and driver, and matching by name.

/** Where an adapter came from; in Node the ways are tried in this order. */
export type AdapterWay = "browser" | "user" | "system" | "nvidia" | "swiftshader";

/** What the Vulkan loader must be told: the driver's manifest, and a loader to bring along in case there is none. */
export interface Drivers {
  readonly manifest?: string;
  readonly loader?: string;
}

/** Which adapter is wanted. */
export interface OpenGpuOptions {
  /** `swiftshader`, `lavapipe`, `nvidia`, any part of a name, or `system`; default: the variable ZEROSIAM_ADAPTER. */
  readonly adapter?: string;
}

/** An adapter ready for `requestDevice()` (which consumes it: open another for another device). */
export interface OpenedGpu {
  readonly adapter: GPUAdapter;
  readonly gpu: GPU;
  readonly name: string;
  readonly driver: string;
  readonly how: AdapterWay;
}

/** One way to an adapter, as `doctor` prints it: what it leads to, or the reason why it leads nowhere. */
export interface AdapterSummary {
  readonly how: AdapterWay;
  /** The variable, file or package behind this way. */
  readonly where: string;
  readonly ok: boolean;
  /** Why there is no adapter, in the driver's own words; empty when `ok`. */
  readonly reason: string;
  readonly name: string;
  readonly driver: string;
  /** All adapters that this way reaches; the first choice is `name`. */
  readonly names: readonly string[];
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
}

/** The plain fields of `GPUAdapterInfo` (those that survive JSON). */
export type AdapterFacts = Pick<GPUAdapterInfo, "vendor" | "architecture" | "device" | "description">;

/** A readable name and driver. Browsers leave most fields empty; Dawn in Node writes names as `a-b-c-`. */
export function describeAdapter(info: AdapterFacts): { name: string; driver: string } {
  const name = info.device.replace(/-+$/, "") || [info.vendor, info.architecture].filter(Boolean).join(" ");
  return { name: name || "unnamed adapter", driver: info.description };
}

/**
 * Whether `wanted`, any part of a name, means an adapter with one of these texts. Case and punctuation do not count:
 * Dawn gives the same name as `llvmpipe (LLVM 15)` and `llvmpipe-llvm-15-`. Mesa's lavapipe calls itself llvmpipe.
 */
export function matchesName(wanted: string, ...texts: readonly string[]): boolean {
  const part = plain(wanted).replace("lavapipe", "llvmpipe");
  return texts.some((text) => plain(text).includes(part));
}

function plain(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]+/g, "-");
}

/** The limits as a plain object: they are accessors of the prototype, which a spread or JSON would miss. */
export function limitsOf(adapter: GPUAdapter): Record<string, number> {
  const limits: Record<string, number> = {};
  for (const name in adapter.limits) limits[name] = Number(adapter.limits[name as keyof GPUSupportedLimits]);
  return limits;
}

// The error for "no adapter": what was tried, why each way failed, and the exact commands that mend it.
import { DeviceError } from "../../errors.js";
import type { AdapterSummary } from "./describe.js";
import { probe, unavailable } from "./probe.js";
import type { Choice, Way } from "./ways.js";

/** Ways that this process could not go, and why. Another process might: the reasons must be this one's. */
export type Closed = Map<Way, DeviceError>;

/** Collects each way's reason (this takes a second: it runs a process per way). */
export async function missingAdapter({ ways, name }: Choice, closed: Closed): Promise<DeviceError> {
  const tried: AdapterSummary[] = [];
  for (const way of ways) {
    const error = closed.get(way);
    tried.push(error ? unavailable(way, error.message) : await probe(way));
  }
  const there = tried.filter((way) => way.ok);
  const what = name ? `no adapter is called "${name}"` : "no WebGPU adapter found";
  const reasons = tried
    .flatMap(({ ok, how, where, reason }) => (ok ? [] : `\n  ${how} (${where}): ${reason}`))
    .join("");
  if (there.length === 0) return new DeviceError(`openDevice: ${what}${reasons}`, fix(tried));
  const names = there.flatMap((way) => way.names.map((one) => `\n  ${one} (${way.how})`)).join("");
  const help = "give any part of one of these names as the adapter, or none at all for the best";
  return new DeviceError(`openDevice: ${what}; there is${names}${reasons && `\nand not${reasons}`}`, help);
}

function fix(tried: readonly AdapterSummary[]): string {
  const { platform, arch } = process;
  if (platform !== "linux") return "update the graphics driver; `npx zerosiam doctor` shows what Dawn sees";
  const user = tried.find((way) => way.how === "user");
  if (user) return `unset or mend ${user.where.split("=")[0]}, which must name a Vulkan driver's manifest (.json)`;
  const install =
    "install a Vulkan driver (`apt-get install -y mesa-vulkan-drivers libvulkan1`; Debian 12: from backports)";
  return arch === "x64"
    ? `\`npm install @sparticuz/chromium@143.0.4\` brings one without root; or ${install}`
    : install;
}

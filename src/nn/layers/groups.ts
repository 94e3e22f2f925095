// The rules for sizes of layers, and for groups of channels.
import { formatValue } from "../../tensor/arguments.js";
import { ConfigError } from "../../tensor/index.js";

/** Throws ConfigError unless `groups`, a positive integer, divides `channels`. */
export function checkGroups(owner: string, groups: number, channels: number): void {
  if (Number.isInteger(groups) && groups >= 1 && channels % groups === 0) return;
  throw new ConfigError(`${owner}: ${groups} groups do not divide ${channels} channels`, "use a divisor");
}

/** Throws ConfigError unless all `sizes` are integers from `least` to `most`. */
export function checkSizes(
  owner: string,
  sizes: Readonly<Record<string, unknown>>,
  least = 1,
  most = Number.MAX_SAFE_INTEGER,
): void {
  for (const [name, size] of Object.entries(sizes)) {
    if (Number.isSafeInteger(size) && Number(size) >= least && Number(size) <= most) continue;
    const range = most < Number.MAX_SAFE_INTEGER ? `from ${least} to ${most}` : `≥ ${least}`;
    throw new ConfigError(`${owner}: ${name} is ${formatValue(size)}`, `pass one integer ${range}`);
  }
}

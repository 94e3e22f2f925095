// The rules for sizes of layers, and for groups of channels.
import { formatValue } from "../../tensor/arguments.js";
import { ConfigError } from "../../tensor/index.js";

/** Throws ConfigError unless `groups`, a positive integer, divides `channels`. */
export function checkGroups(owner: string, groups: number, channels: number): void {
  if (Number.isInteger(groups) && groups >= 1 && channels % groups === 0) return;
  throw new ConfigError(`${owner}: ${groups} groups do not divide ${channels} channels`, "use a divisor");
}

/** Throws ConfigError unless all `sizes` are integers ≥ `least`. */
export function checkSizes(owner: string, sizes: Readonly<Record<string, unknown>>, least = 1): void {
  for (const [name, size] of Object.entries(sizes)) {
    if (Number.isSafeInteger(size) && Number(size) >= least) continue;
    throw new ConfigError(`${owner}: ${name} is ${formatValue(size)}`, `pass one integer ≥ ${least}`);
  }
}

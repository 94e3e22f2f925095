// The rule for groups of channels.
import { ConfigError } from "../../tensor/index.js";

/** Throws ConfigError unless `groups`, a positive integer, divides `channels`. */
export function checkGroups(owner: string, groups: number, channels: number): void {
  if (Number.isInteger(groups) && groups >= 1 && channels % groups === 0) return;
  throw new ConfigError(`${owner}: ${groups} groups do not divide ${channels} channels`, "use a divisor");
}

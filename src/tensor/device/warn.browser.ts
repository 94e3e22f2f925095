// What stands in for warn.ts in browsers: the console.
import type { DeviceWarning } from "./warn.js";

export function warn({ message, help }: DeviceWarning): void {
  // biome-ignore lint/suspicious/noConsole: where pages hear of it, and the only place
  console.warn(`ZeroSiamWarning: ${message}\n  help: ${help}`);
}

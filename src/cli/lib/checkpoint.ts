// The settings that a run was saved with: `--checkpoint` goes on only where they are the same.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { ConfigError } from "../../tensor/index.js";
import { flagOf } from "./options.js";

/** By flag's name; values as JSON has them. */
export type Settings = Readonly<Record<string, unknown>>;

/** What says where results go and how a run goes on, not what is computed. */
const OUTPUTS = ["json", "adapter", "debug", "save", "saveEvery", "resume", "checkpoint", "predictions", "evaluate"];

/** Those of the flags that say what is computed, a fingerprint in the place of the weights. Throws CheckpointError. */
export async function settingsOf(flags: object, weights: string): Promise<Settings> {
  const own = Object.entries(flags).filter(([name]) => !OUTPUTS.includes(name));
  const digest = createHash("sha256")
    .update(await readFile(weights))
    .digest("hex");
  return { ...Object.fromEntries(own), weights: digest.slice(0, 16) };
}

/** Throws ConfigError, naming all that differ, unless `before`, read from `path`, are the same settings. */
export function checkSettings(path: string, settings: Settings, before: Settings): void {
  const text = (value: unknown): string => JSON.stringify(value) ?? "not given";
  const names = [...new Set([...Object.keys(before), ...Object.keys(settings)])];
  const odd = names.filter((name) => text(before[name]) !== text(settings[name]));
  if (odd.length === 0) return;
  const found = odd.map((name) => `${flagOf(name)} ${text(settings[name])}, there ${text(before[name])}`);
  throw new ConfigError(
    `--checkpoint: ${path} was saved with other settings: ${found.join("; ")}`,
    "give the same settings, or name another file",
  );
}

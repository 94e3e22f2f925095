// Bundles the command-line program once for all tests that run it: what bin/zerosiam.mjs does anew at every start in a clone.
import { execFileSync } from "node:child_process";
import { resolve } from "node:path";

/** Where scripts/run.mjs leaves the bundle. */
export const BUNDLE = resolve("node_modules/.cache/zerosiam/src-cli-main.mjs");

/** Called by vitest before the first test. */
export function setup(): void {
  execFileSync(process.execPath, ["bin/zerosiam.mjs", "--version"], { stdio: ["ignore", "ignore", "inherit"] });
}

// The attacks by name, and the runs of each: `npm run fuzz -- --what NAMES` makes them all, the test suite a sample.
import type { Attack } from "./attack.js";
import { readMalformed } from "./files.js";
import { runPrograms } from "./programs.js";
import { showHostileStrings } from "./strings.js";

export const ATTACKS: Readonly<Record<string, { readonly runs: number; readonly attack: Attack }>> = {
  files: { runs: 33_000, attack: readMalformed },
  programs: { runs: 2000, attack: runPrograms },
  strings: { runs: 1012, attack: showHostileStrings },
};

// The attacks by name, and the runs of each: `npm run fuzz -- --what NAMES` makes them all, the test suite a sample.
import { refuseAllocations } from "./allocations.js";
import type { Attack } from "./attack.js";
import { readMalformed } from "./files.js";
import { killProcesses } from "./kills.js";
import { loseDevices } from "./losses.js";
import { poisonBatches } from "./poison.js";
import { runPrograms } from "./programs.js";
import { resumeMutants } from "./resumes.js";
import { loadMutants } from "./states.js";
import { showHostileStrings } from "./strings.js";

export const ATTACKS: Readonly<Record<string, { readonly runs: number; readonly attack: Attack }>> = {
  files: { runs: 33_000, attack: readMalformed },
  programs: { runs: 2000, attack: runPrograms },
  states: { runs: 6000, attack: loadMutants },
  resumes: { runs: 2000, attack: resumeMutants },
  poison: { runs: 1288, attack: poisonBatches },
  allocations: { runs: 20_000, attack: refuseAllocations }, // at most: there are fewer
  losses: { runs: 281, attack: loseDevices },
  kills: { runs: 134, attack: killProcesses },
  strings: { runs: 1012, attack: showHostileStrings },
};

// Samples of `npm run fuzz`, always the same runs: random programs and all that attacks once found.
import { expect, it } from "vitest";
import { OPS } from "../../src/kernels/index.js";
import { ATTACKS } from "./lib/attacks/index.js";

/** Runs, and what must have come of them at least: else the attack would be none. */
const SAMPLES: Readonly<Record<keyof typeof ATTACKS, [runs: number, least: Record<string, number>]>> = {
  files: [3000, { "refused by type": 1000, "read and written again": 200 }],
  programs: [100, { "different ops": OPS.length / 2, "within 1 % or less": 20 }],
  states: [60, { "states refused": 5, "states taken over": 5, "weights refused": 5, "weights taken over": 5 }],
  resumes: [60, { "runs refused": 10, "runs gone on from": 5 }],
  poison: [22, { "refused by type": 5, "passed over": 2, "learnt from, all finite": 2 }],
  allocations: [60, { "refused by type": 60 }],
  losses: [4, { "refused by type": 1 }], // one of them at an allocation; the others are a matter of time
  kills: [4, {}], // when a kill comes is up to the machine
  strings: [100, { "shown, refused as a name": 20, "shown, taken for a name": 5 }],
};

it.each(Object.entries(ATTACKS))("%s: a sample of the attack does no harm", async (name, { attack }) => {
  const [runs, least] = SAMPLES[name];
  const counts = await attack({ runs, seed: 2 });
  for (const [what, count] of Object.entries(least)) expect(counts[what], what).toBeGreaterThanOrEqual(count);
});

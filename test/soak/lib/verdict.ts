// Whether what is alive stays as it was from the middle of a run to its end.
import type { Native } from "./native.js";
import type { SoakCounts } from "./soak.js";

export type Sample = SoakCounts & Native;

/** How much more of a thing there may be at the end than in the middle. What has no line must be equal. */
const ROOM: Partial<Record<keyof Sample, number>> = { maps: 1.05, rss: 1.05 };
const JUDGED = ["tensors", "nodes", "maps", "rss"] as const;

/** What has grown, a line each; empty when all is flat. */
export function growth(samples: readonly Sample[]): string[] {
  const middle = samples[Math.floor(samples.length / 2) - 1];
  const end = samples[samples.length - 1];
  return JUDGED.filter((name) => end[name] > middle[name] * (ROOM[name] ?? 1)).map(
    (name) => `${name}: ${middle[name]} after ${middle.step} steps, ${end[name]} after ${end.step}`,
  );
}

// What attacks share: a number of runs that follow from a seed, what they came to, and the first that did harm.
import { Rng } from "../../../../src/tensor/index.js";

/** How often what happened. */
export type Counts = Readonly<Record<string, number>>;

export interface AttackOptions {
  readonly runs: number;
  readonly seed: number;
  /** Fast-check's way to one run of `programs`. */
  readonly path?: string;
}

/** Throws at the first run that does harm, with its number. */
export type Attack = (options: AttackOptions) => Promise<Counts>;

/** Makes the runs one after the other; each returns what it came to, and has random numbers that no other run changes. */
export async function attempt(
  { runs, seed }: AttackOptions,
  once: (rng: Rng, run: number) => string | Promise<string>,
): Promise<Counts> {
  const counts: Record<string, number> = {};
  for (let run = 0; run < runs; run++) {
    try {
      const outcome = await once(new Rng(seed).fork(run), run);
      counts[outcome] = (counts[outcome] ?? 0) + 1;
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`run ${run} of seed ${seed}: ${message}`, { cause });
    }
  }
  return counts;
}

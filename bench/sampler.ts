// Benchmark.js as a function: how long an asynchronous call takes.
import type Benchmark from "benchmark";
import { ZeroSiamError } from "../src/tensor/errors.js";
import { median } from "./row.js";

/** How much time goes into a measurement. */
export interface Effort {
  /** Seconds that one sample takes at least. */
  readonly minTime: number;
  /** Seconds that all samples of an op take at most, and the steps of a method at least. */
  readonly maxTime: number;
  /** Rounds of profiling; the least rounds of steps. */
  readonly rounds: number;
}

export const THOROUGH: Effort = { minTime: 0.05, maxTime: 1, rounds: 9 };
export const QUICK: Effort = { minTime: 0.01, maxTime: 0.05, rounds: 5 };

/** Median seconds of one call. */
export type Sampler = (call: () => Promise<void>, effort: Effort) => Promise<number>;

/**
 * A sampler by Benchmark.js, which is an optional dependency. It compiles the code it is given, so that it must
 * stay a package of its own, outside of bundles. Throws ZeroSiamError with the remedy when it is not installed.
 */
export async function loadSampler(): Promise<Sampler> {
  const loaded = await import("benchmark").catch((cause: unknown) => {
    throw new ZeroSiamError("bench: the package `benchmark` is missing", "npm install benchmark@2.1.4", { cause });
  });
  return (call, effort) => sample(loaded.default, call, effort);
}

function sample(Sampled: typeof Benchmark, call: () => Promise<void>, { minTime, maxTime }: Effort): Promise<number> {
  return new Promise((resolve, reject) => {
    const timed = new Sampled({
      defer: true,
      async: true,
      minTime,
      maxTime,
      fn(deferred: Benchmark.Deferred) {
        call().then(
          () => deferred.resolve(),
          (error: unknown) => {
            // Without the abort it would go on calling; without the resolve it would wait for ever.
            reject(error);
            deferred.benchmark.abort();
            deferred.resolve();
          },
        );
      },
      onComplete: () => resolve(median(timed.stats.sample)),
    });
    timed.run();
  });
}

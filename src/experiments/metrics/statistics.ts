// Figures over seeds: means with intervals, and differences between methods that saw the same streams.
import { ConfigError } from "../../tensor/errors.js";

/** Two-sided 95 % quantiles of Student's t for 1 to 10 degrees of freedom. */
const T_95 = [12.7062, 4.30265, 3.18245, 2.77645, 2.57058, 2.44691, 2.36462, 2.306, 2.26216, 2.22814];

/** Above, the expansion about the normal quantile z (Abramowitz and Stegun 26.7.5); off by 2e-4 at most. */
function tQuantile(degrees: number): number {
  if (degrees <= T_95.length) return T_95[degrees - 1];
  const z = 1.959964;
  const first = (z ** 3 + z) / 4;
  const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  const third = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384;
  return z + first / degrees + second / degrees ** 2 + third / degrees ** 3;
}

/** A mean over seeds, and the half width of its 95 % interval: null for a single run. */
export interface Interval {
  readonly mean: number;
  readonly ci95: number | null;
}

/** Mean m of n runs and the half width of its 95 % interval, m ± t_{n−1}·s/√n (Student); null for a single run. */
export function meanWithInterval(values: readonly number[]): Interval {
  const n = values.length;
  const mean = values.reduce((sum, v) => sum + v, 0) / n;
  if (n < 2) return { mean, ci95: null };
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (n - 1);
  return { mean, ci95: tQuantile(n - 1) * Math.sqrt(variance / n) };
}

/**
 * Mean of a_s − b_s over seeds s, and its interval by the same formula (paired t). Methods see the same stream at one
 * seed, so what the streams differ by cancels: the interval is that of the difference, not of either.
 * @param a figures of one method, by seed
 * Throws ConfigError unless both have the same seeds.
 */
export function pairedDifference(a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>): Interval {
  const seeds = [...a.keys()];
  if (a.size !== b.size || seeds.some((seed) => !b.has(seed))) {
    throw new ConfigError(
      `pairedDifference: seeds ${seeds.join(", ")} against ${[...b.keys()].join(", ")}`,
      "compare runs of the same seeds",
    );
  }
  return meanWithInterval(seeds.map((seed) => (a.get(seed) as number) - (b.get(seed) as number)));
}

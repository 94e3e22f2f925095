// The order "dirichlet": classes come in bursts, as things do that are seen one after another.
import { ConfigError } from "../../tensor/errors.js";
import type { Rng } from "../../tensor/rng.js";
import { exactExp, exactLog, exactNormal } from "../corruptions/exactMath.js";

/**
 * Temporally correlated classes (Gong et al., NOTE, NeurIPS 2022, section 5; so also LAME's non-i.i.d. streams and RoTTA):
 * there are as many segments as classes that occur. The samples of each class, shuffled, are shared out among the
 * segments by proportions drawn from a Dirichlet distribution whose parameters are all δ. Segments follow each other;
 * within one, classes follow each other, in an order drawn for it. Small δ give each class to one segment, large ones a
 * like part to all. Every sample is shown once. Throws ConfigError for δ whose draws have no logarithms.
 */
export function dirichlet(size: number, labelOf: (slot: number) => number, delta: number, rng: Rng): Uint32Array {
  if (!(delta >= 1e-300 && delta <= 1e300)) {
    throw new ConfigError(`stream: concentration is ${delta}`, "use a number from 1e-300 to 1e300");
  }
  const byClass = new Map<number, number[]>();
  for (let slot = 0; slot < size; slot++) {
    const own = byClass.get(labelOf(slot));
    if (own) own.push(slot);
    else byClass.set(labelOf(slot), [slot]);
  }
  const labels = [...byClass.keys()].sort((a, b) => a - b);
  const segments: number[][][] = labels.map(() => []);
  for (const label of labels) {
    const own = rng.fork(label);
    const slots = own.shuffle(byClass.get(label) ?? []);
    let sum = 0;
    let from = 0;
    for (const [i, proportion] of proportions(labels.length, delta, own).entries()) {
      sum += proportion;
      const to = i === labels.length - 1 ? slots.length : Math.round(sum * slots.length);
      if (to > from) segments[i].push(slots.slice(from, to));
      from = to;
    }
  }
  const order = rng.fork("segments");
  return Uint32Array.from(segments.flatMap((bursts) => order.shuffle(bursts).flat()));
}

/** `n` numbers ≥ 0 of sum 1, from the Dirichlet distribution with all parameters δ: gammas, divided by their sum. */
export function proportions(n: number, delta: number, rng: Rng): number[] {
  const logs = Array.from({ length: n }, () => logGamma(delta, rng));
  const largest = Math.max(...logs);
  const parts = logs.map((log) => exactExp(Math.max(log - largest, -700))); // the largest is 1: none of it is lost
  const sum = parts.reduce((a, b) => a + b);
  return parts.map((part) => part / sum);
}

/**
 * The logarithm of a draw from the gamma distribution of shape `a`, whose draws at small shapes are too small for a
 * number: Marsaglia and Tsang's (2000) for a + 1, times u^(1/a).
 */
function logGamma(a: number, rng: Rng): number {
  const d = a + 1 - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = exactNormal(rng);
    const v = (1 + c * x) ** 3;
    if (v > 0 && exactLog(1 - rng.uniform()) < x ** 2 / 2 + d - d * v + d * exactLog(v)) {
      return exactLog(d * v) + exactLog(1 - rng.uniform()) / a;
    }
  }
}

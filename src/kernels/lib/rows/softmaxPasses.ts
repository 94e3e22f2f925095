// What the ops on softmax(row) share: the row's maximum and sum of exponentials, in WGSL, in ops and in float64.
import type { Tensor } from "../../../tensor/tensor.js";
import type { Reducer } from "../reduce/fold.js";
import { LOWEST_KEY } from "../text/floats.js";
import { keptShape } from "./rowwise.js";

/** Functions that the passes call. */
export const SOFTMAX_FUNCTIONS = `/// NaN where the row's maximum is infinite or NaN, as PyTorch's softmax gives for such rows; else v.
fn guarded(v: f32, largest: f32) -> f32 {
  return select(bitcast<f32>(bitcast<u32>(largest) | 0x7fffffffu), v, isFinite(largest));
}
/// exp(lp) · v, and 0 where exp(lp) is 0, whatever v is: 0 ln 0 = 0.
fn plogq(lp: f32, v: f32) -> f32 {
  let p = exp32(lp);
  return select(p * v, 0.0, bitcast<u32>(p) == 0u);
}`;

/** Of the row input `x`: `largest_x`, its maximum, and `inverse_x` = 1 / Σ exp(x − largest). */
export function softmaxPasses(x: string): Record<string, Reducer> {
  return { ...largestPass(x), [`inverse_${x}`]: { ...totalPass(x), finish: `1.0 / guarded(s, largest_${x})` } };
}

/** Of the row input `x`: `largest_x`, its maximum, and `log_total_x` = ln Σ exp(x − largest). */
export function logSoftmaxPasses(x: string): Record<string, Reducer> {
  return { ...largestPass(x), [`log_total_${x}`]: { ...totalPass(x), finish: `log32(guarded(s, largest_${x}))` } };
}

const largestPass = (x: string): Record<string, Reducer> => ({
  [`largest_${x}`]: {
    state: "u32",
    result: "f32",
    init: LOWEST_KEY,
    fold: `max(s, key_of(${x}))`,
    merge: "max(a, b)",
    finish: "of_key(s)",
  },
});

const totalPass = (x: string): Reducer => ({
  state: "f32",
  init: "0.0",
  fold: `s + exp32(${x} - largest_${x})`,
  merge: "a + b",
});

/** ln softmax(x) at an element of the row input `x`, after `logSoftmaxPasses`. */
export const logP = (x: string): string => `(${x} - largest_${x} - log_total_${x})`;

const APART = `${logP("a")} - ${logP("b")}`;

/**
 * Of the row inputs `a` and `b`, p and q their softmax: `rough`, KL(p ‖ q) = Σ p (ln p − ln q), and `rest`, what it lost to
 * rounding. With logits of 10⁴ that is 10⁻³, which would be left of differences to the mean that are no larger.
 */
export function divergencePasses(): Record<string, Reducer> {
  const mean = (term: string): Reducer => ({
    state: "f32",
    init: "0.0",
    fold: `s + plogq(${logP("a")}, ${term})`,
    merge: "a + b",
  });
  return {
    ...logSoftmaxPasses("a"),
    ...logSoftmaxPasses("b"),
    rough: mean(APART),
    rest: mean(`${APART} - rough`),
  };
}

/** p (ln p − ln q − KL(p ‖ q)), after `divergencePasses`. */
export const DIVERGENCE_SLOPE = `plogq(${logP("a")}, (${APART} - rough) - rest)`;

/** The same for a row, in float64; NaN where the divergence is infinite, and so without a slope. */
export function divergenceSlope(a: Float64Array, b: Float64Array): Float64Array {
  const [lp, lq] = [logSoftmaxRow(a), logSoftmaxRow(b)];
  const kl = total(lp.map((l, j) => plogq(l, l - lq[j])));
  return lp.map((l, j) => plogq(l, kl === Number.POSITIVE_INFINITY ? Number.NaN : l - lq[j] - kl));
}

/** ln p − ln q − KL(p ‖ q) along `dim`, in ops; 0 where p is 0. As in `divergencePasses`, less what KL lost to rounding. */
export function divergenceDistances(a: Tensor, b: Tensor, dim: number): Tensor {
  const p = a.softmax(dim);
  const kl = a.klDivergence(b, dim).reshape(keptShape(a.shape, dim));
  const rough = p.ne(0).where(a.logSoftmax(dim).sub(b.logSoftmax(dim)).sub(kl), 0); // p ln p is 0 too
  return p.ne(0).where(rough.sub(p.mul(rough).sum(dim, true)), 0);
}

/** softmax of a row, in float64. */
export function softmaxRow(x: Float64Array): Float64Array {
  const largest = x.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const e = x.map((v) => Math.exp(v - largest));
  const total = e.reduce((s, v) => s + v, 0);
  return e.map((v) => v / total);
}

/** ln softmax of a row, in float64. */
export function logSoftmaxRow(x: Float64Array): Float64Array {
  const largest = x.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const total = x.reduce((s, v) => s + Math.exp(v - largest), 0);
  return x.map((v) => v - largest - Math.log(total));
}

/** Σ of a list. */
export const total = (xs: ArrayLike<number>): number => Array.from(xs).reduce((s, x) => s + x, 0);

/** exp(lp) · v, and 0 where exp(lp) is 0, whatever v is: 0 ln 0 = 0. */
export function plogq(lp: number, v: number): number {
  const p = Math.exp(lp);
  return p === 0 ? 0 : p * v;
}

/** Entropy of softmax of a row, in float64. */
export const entropyOfRow = (x: Float64Array): number => -total(logSoftmaxRow(x).map((lp) => plogq(lp, lp)));

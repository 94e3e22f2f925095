// How exact a normalisation and its gradients are.
import type { Inputs, TensorInfo, Tolerance } from "../../../tensor/op.js";
import { sizeOf } from "../../../tensor/shape.js";
import { sumError } from "../reduce/reduction.js";

/**
 * x̂ is of order 1 and comes from three roundings and 1 / σ, within 2 ULP, as does x̂ times a weight, which the bias may
 * cancel; the mean is off by a sum of at most all elements over their number.
 */
export function normTolerance([x]: Inputs<TensorInfo>): Tolerance {
  const count = Math.max(1, sizeOf((x as TensorInfo).shape));
  return { ulp: 4, abs: 2e-6 + (4 * sumError(count)) / count };
}

/** Gradients by x are differences of three terms of order 1 to 8, as weights and 1 / σ have it, of a few roundings each. */
export const normGradientTolerance = (): Tolerance => ({ ulp: 6, abs: 3e-6 });

/**
 * Σ g x̂ over `count` elements of order 1 to 4, which grows as their root. The roundings of the terms are as many, those of
 * the partial sums are fewer but larger, since `reduceKernels` adds up in blocks and those as a tree: both are random walks
 * of about 4 √count · 2⁻²⁴, and eight times the sum of the two is never met.
 */
export const normSumTolerance = (count: number): Tolerance => ({ ulp: 4, abs: 64 * Math.sqrt(count) * 2 ** -24 });

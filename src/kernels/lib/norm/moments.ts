// Mean and variance as reducers, in two passes: x may lie far from 0; and means as two numbers, more exact than an f32.

import type { Reducer } from "../reduce/fold.js";
import { f32 } from "../text/kernel.js";

/** Whether a sum of squares overflows f32. */
export const overflows = (sum: number): boolean => Math.fround(sum) === Number.POSITIVE_INFINITY;

/** The same of an expression of WGSL, and NaN in its stead: in bits, which no driver folds. */
export const isInfinite = (v: string): string => `bitcast<u32>(${v}) == 0x7f800000u`;
export const nanOf = (v: string): string => `bitcast<f32>(bitcast<u32>(${v}) | 0x7fc00000u)`;

/** Σ x over `count` elements, divided by their number; NaN where there are none. */
export const meanReducer = (count: number): Reducer => ({
  state: "f32",
  init: "0.0",
  fold: "s + x",
  merge: "a + b",
  finish: "s * u.per_element",
  uniforms: { per_element: f32(1 / count) }, // 0 · ∞ = NaN
});

/**
 * Σ (x − mean)² over `count` elements, times `scale`; reads `mean`. Beside Σd² of the deviations d it carries Σd, which would
 * be 0 but for the rounding of the mean: (Σd)²/n corrects for that (Chan, Golub & LeVeque 1983, eq. 1.7). Where Σd²
 * overflows the result is `overflow`.
 */
export const varianceReducer = (count: number, scale: number, overflow: "infinite" | "nan" = "infinite"): Reducer => ({
  state: "vec2f",
  init: "vec2f(0.0)",
  fold: "s + vec2f(x - mean, (x - mean) * (x - mean))",
  merge: "a + b",
  // ∞ − ∞ would be NaN, or ∞ less what did not overflow
  finish: `select((s.y - s.x * s.x * u.per_element) * u.scale, ${overflow === "nan" ? nanOf("s.y") : "s.y"}, ${isInfinite("s.y")})`,
  uniforms: { per_element: f32(1 / count), scale: f32(scale) },
});

/**
 * x less its centre, a rough mean and what that is off by, in WGSL. Where the standard deviation is small against the mean,
 * rounding the mean would shift all results. But x − center.x is exact for such an x (Sterbenz 1974), and the rest of the
 * mean is then subtracted from a number of its own order.
 */
export const DISTANCE = "(x - center.x - center.y)";

/** The centres of `mean`, for references: how a kernel parts a mean is its own business. */
export const partsOf = (mean: Float64Array): Float64Array =>
  Float64Array.from([...mean].flatMap((m) => [Math.fround(m), m - Math.fround(m)]));

/** The means of centres. */
export const meansOf = (centers: ArrayLike<number>): Float64Array =>
  Float64Array.from({ length: centers.length / 2 }, (_, k) => centers[2 * k] + centers[2 * k + 1]);

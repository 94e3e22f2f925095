// Centres of normalisations: a mean as two numbers, whose sum is more exact than an f32.

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

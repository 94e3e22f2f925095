// How exact sums of products are: the tolerance that matmul, linear and the convolutions share.
import type { Tolerance } from "../../../tensor/op.js";

/**
 * Of Σ a·b over `terms` normals, summed in f32 in any fixed order. Each addition rounds a partial sum of about √i by at
 * most 2⁻²⁴ of it; the errors add up like a random walk, to 0.4 · terms · 2⁻²⁴, and ten times that is never met.
 * The few ULP are for multiplying, and for drivers that round towards zero.
 */
export function sumOfProducts(terms: number): Tolerance {
  return { ulp: 4, abs: 4 * terms * 2 ** -24 };
}

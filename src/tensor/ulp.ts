// The unit in which errors of f32 results are counted.

const MIN_NORMAL = 2 ** -126; // below it WGSL may flush to zero, and nothing finer is counted
const MAX_EXPONENT = 127;

/** The unit in the last place of `x` as an f32: the distance between the two f32 that surround it; x is finite or not NaN. */
export function ulp32(x: number): number {
  const magnitude = Math.max(Math.abs(x), MIN_NORMAL);
  if (magnitude >= 2 ** MAX_EXPONENT) return 2 ** (MAX_EXPONENT - 23);
  let exponent = Math.floor(Math.log2(magnitude));
  // log2 rounds: just below a power of two it may give the power
  if (2 ** exponent > magnitude) exponent--;
  return 2 ** (exponent - 23);
}

/**
 * |got − want| as the engine counts it: what overflows stands at 2¹²⁸, NaN meets only NaN (else the error is infinite),
 * and an error below the smallest normal number is none, since WGSL lets a driver flush there.
 */
export function error32(got: number, want: number): number {
  if (Number.isNaN(got) || Number.isNaN(want)) return Object.is(got, want) ? 0 : Number.POSITIVE_INFINITY;
  const error = Math.abs(bounded(got) - bounded(want));
  return error <= MIN_NORMAL ? 0 : error;
}

const bounded = (x: number): number => Math.max(-(2 ** 128), Math.min(2 ** 128, x));

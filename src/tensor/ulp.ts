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

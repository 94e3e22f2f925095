// Floats as unsigned integers in the same order: WGSL's own max and min may drop NaN.

/**
 * WGSL functions between f32 and u32 keys. −0 is just below 0; every NaN has the largest key, so that a maximum over keys
 * returns NaN where there is one, as PyTorch does.
 */
export const ORDERED = `
fn key_of(x: f32) -> u32 {
  let magnitude = bitcast<u32>(x) & 0x7fffffffu;
  let key = select(0x80000000u + magnitude, 0x7fffffffu - magnitude, bitcast<u32>(x) > 0x7fffffffu);
  return select(key, 0xffffffffu, magnitude > 0x7f800000u);
}
fn of_key(key: u32) -> f32 {
  let negative = key < 0x80000000u;
  return bitcast<f32>(select(key - 0x80000000u, (0x7fffffffu - key) | 0x80000000u, negative));
}
`;

/** The key of −∞: below every other. */
export const LOWEST_KEY = "0x007fffffu";

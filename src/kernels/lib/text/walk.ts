// Walking several arrays along one index: the WGSL that splits it into coordinates and sums each array's strides.
import { offset, type Uniform, u32 } from "./kernel.js";

/** Uniforms `n0…` with the sizes and, for each array, `<name>_s0…` with its strides; negative ones wrap as u32 does. */
export function walkUniforms(
  sizes: readonly number[],
  strides: Readonly<Record<string, readonly number[]>>,
): Record<string, Uniform> {
  const uniforms: Record<string, Uniform> = {};
  for (const [d, n] of sizes.entries()) uniforms[`n${d}`] = u32(n);
  for (const [name, steps] of Object.entries(strides)) {
    for (const [d, step] of steps.entries()) uniforms[`${name}_s${d}`] = offset(step);
  }
  return uniforms;
}

/** Lines that declare `<name>_i`, the place in each array of element `i` in row-major order of `rank` dimensions. */
export function walk(names: readonly string[], rank: number): string[] {
  if (names.length === 0) return [];
  const lines = ["var rest = i;", ...names.map((n) => `var ${n}_i = 0u;`)];
  for (let d = rank - 1; d >= 0; d--) {
    if (d > 0) lines.push(`let q${d} = rest / u.n${d};`, `let c${d} = rest - q${d} * u.n${d};`, `rest = q${d};`);
    for (const n of names) lines.push(`${n}_i += ${d === 0 ? "rest" : `c${d}`} * u.${n}_s${d};`);
  }
  return lines;
}

/** Merges neighbouring dimensions that every array walks alike, and drops those of size 1. */
export function mergeDims(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
): { sizes: number[]; strides: number[][] } {
  const sizes: number[] = [];
  const merged: number[][] = strides.map(() => []);
  for (const [d, size] of shape.entries()) {
    if (size === 1) continue;
    const last = sizes.length - 1;
    if (last >= 0 && merged.every((m, k) => m[last] === strides[k][d] * size)) {
      sizes[last] *= size;
      for (const [k, m] of merged.entries()) m[last] = strides[k][d];
    } else {
      sizes.push(size);
      for (const [k, m] of merged.entries()) m.push(strides[k][d]);
    }
  }
  return { sizes, strides: merged };
}

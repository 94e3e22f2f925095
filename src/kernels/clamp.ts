// clamp: x limited to [min, max].
import { checkStored, formatValue } from "../tensor/arguments.js";
import type { DType } from "../tensor/dtype.js";
import { ConfigError } from "../tensor/errors.js";
import { exact, type TensorInfo } from "../tensor/op.js";
import { drawOne } from "./lib/declare/draw.js";
import { EDGES, of } from "./lib/declare/sample.js";
import { elementwise } from "./lib/elementwise/elementwise.js";
import { f32, i32, type Uniform, u32 } from "./lib/text/kernel.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * Elementwise min(max(x, min), max); a bound left out (or null) does not apply, nor do −∞ below and ∞ above. NaN stays
     * NaN; the gradient is 0 outside the bounds. Throws ConfigError without bounds or for a NaN, DTypeError for another
     * dtype and for bounds that the dtype cannot hold.
     */
    clamp(min?: number | null, max?: number | null): Tensor;
  }
}

interface Bounds {
  readonly min: number | null;
  readonly max: number | null;
}

export const clamp = elementwise({
  name: "clamp",
  doc: "x limited to [min, max]",
  dtypes: ["f32", "i32", "u32"],
  params([x], min: number | null = null, max: number | null = null): Bounds {
    const bounds = [min, max].filter((bound) => bound !== null);
    if (bounds.length === 0 || !bounds.every((bound) => typeof bound === "number" && !Number.isNaN(bound))) {
      throw new ConfigError(
        `clamp: the bounds are ${formatValue(min)} and ${formatValue(max)}`,
        "give at least one number",
      );
    }
    const { dtype } = x as TensorInfo;
    return { min: boundOf(dtype, "min", min, -1 / 0), max: boundOf(dtype, "max", max, 1 / 0) };
  },
  wgsl(dtype, { min, max }) {
    const suffix = dtype === "f32" ? "32" : "";
    const low = min === null ? "x" : `max${suffix}(x, u.low)`;
    return max === null ? low : `min${suffix}(${low}, u.high)`;
  },
  uniforms({ min, max }, dtype) {
    const uniform = uniformOf(dtype);
    return { ...(min === null ? {} : { low: uniform(min) }), ...(max === null ? {} : { high: uniform(max) }) };
  },
  value([x], { min, max }) {
    const low = min === null ? x : Math.max(x, min);
    return max === null ? low : Math.min(low, max);
  },
  saves: ["x"],
  vjp(g, { x }, { params: { min, max } }) {
    const above = min === null ? null : x.ge(min);
    const below = max === null ? null : x.le(max);
    const inside = above && below ? above.logicalAnd(below) : (above ?? below);
    return [inside?.where(g, 0) ?? g];
  },
  tolerance: exact,
  draw: (x, choose) => (x.dtype === "bool" ? null : { inputs: [x], args: drawOne([[0, 1], [null, 1], [1]], choose) }),
  samples: [
    { ...of([2, 65]), args: [-0.5, 0.75] },
    { ...of([9]), args: [0.1] },
    { ...of([9]), args: [null, 0.1] },
    { ...of([9]), args: [1, -1] },
    { ...of({ shape: [9], dtype: "i32" }), args: [-3, 4] },
    { ...of({ shape: [9], dtype: "u32" }), args: [3, 4] },
    { ...of(EDGES), args: [-0.5, 2] },
    { ...of(EDGES), args: [-1 / 0, 1 / 0] },
    {
      ...of({ shape: [6], values: [-2, -1, 0, 1, 2, Number.NaN] }),
      args: [-1, 1],
      slopes: [[0, 1, 1, 1, 0, 0]],
    },
    {
      ...of({ shape: [4], values: [-2, 0, 2, Number.NaN] }),
      args: [-1, 1],
      gradient: [1 / 0, 1 / 0, Number.NaN, -1 / 0],
      slopes: [[0, 1 / 0, 0, 0]],
    },
    ...[
      [0, 1 / 0],
      [-1 / 0, 2],
      [-1 / 0, 1 / 0],
      [-5, 2147483647],
    ].map((args) => ({ ...of({ shape: [7], dtype: "i32", values: [-2147483648, -5, 0, 1, 2, 3, 2147483647] }), args })),
    { ...of({ shape: [4], dtype: "u32", values: [0, 1, 2, 4294967295] }), args: [-1 / 0, 2] },
    { ...of({ shape: [4], dtype: "u32", values: [0, 1, 2, 4294967295] }), args: [1, 4294967295] },
  ],
  errors: [
    { ...of([2]), throws: "ConfigError" },
    { ...of([2]), args: [Number.NaN, 1], throws: "ConfigError" },
    { ...of({ shape: [2], dtype: "bool" }), args: [0, 1], throws: "DTypeError" },
    { ...of([2]), args: ["x"], throws: "ConfigError" },
    ...[
      [-3e9, 3e9],
      [0.5, 2.5],
      [1 / 0, null],
      [null, -1 / 0],
    ].map((args) => ({ ...of({ shape: [2], dtype: "i32" }), args, throws: "DTypeError" as const })),
    { ...of({ shape: [2], dtype: "u32" }), args: [-1], throws: "DTypeError" },
  ],
});

/** The bound as `dtype` stores it; null where there is none. `open` is none to integers, which hold no infinity. */
function boundOf(dtype: DType, name: string, bound: number | null, open: number): number | null {
  if (bound === null || (bound === open && dtype !== "f32")) return null;
  return checkStored("clamp", name, bound, dtype);
}

function uniformOf(dtype: DType): (value: number) => Uniform {
  if (dtype === "f32") return f32;
  return dtype === "i32" ? i32 : u32;
}

// cast: the same values in another dtype.
import { formatValue } from "../tensor/arguments.js";
import { DTYPES, type DType, wgslType } from "../tensor/dtype.js";
import { ConfigError } from "../tensor/errors.js";
import { exact } from "../tensor/op.js";
import { drawOne } from "./lib/declare/draw.js";
import { EDGES, of } from "./lib/declare/sample.js";
import { elementwise } from "./lib/elementwise/elementwise.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * `this` as `dtype`. Floats are truncated towards zero; beyond the range they take its nearest end, and NaN becomes
     * 0 (PyTorch leaves both open). Between i32 and u32 the bits stay. As bool: true unless 0, so NaN is true.
     * Throws ConfigError for an unknown dtype.
     */
    cast(dtype: DType): Tensor;
  }
}
const RANGE = { i32: [-(2 ** 31), 2 ** 31 - 1], u32: [0, 2 ** 32 - 1] };

export const cast = elementwise({
  name: "cast",
  doc: "x as another dtype, truncated towards zero",
  dtypes: DTYPES,
  params(_, dtype: DType) {
    if (!DTYPES.includes(dtype))
      throw new ConfigError(`cast: ${formatValue(dtype)} is no dtype`, `use ${DTYPES.join(", ")}`);
    return { dtype };
  },
  result: (_, { dtype }) => dtype,
  wgsl: (from, { dtype: to }) => expression(from, to),
  functions: `/// Ends of the range as the floats next to them: 2³¹ and 2³² are none of the integers.
fn f32_to_i32(x: f32) -> i32 {
  if (isNan(x)) { return 0; }
  return select(i32(clamp(x, -2147483648.0, 2147483520.0)), 2147483647, x >= 2147483648.0);
}
fn f32_to_u32(x: f32) -> u32 {
  if (isNan(x)) { return 0u; }
  return select(u32(clamp(x, 0.0, 4294967040.0)), 4294967295u, x >= 4294967296.0);
}`,
  value: ([x], { dtype }, from) => converted(x, from, dtype),
  vjp: (g) => [g], // only f32 to f32 has one
  tolerance: exact,
  draw: (x, choose) => ({ inputs: [x], args: [drawOne(DTYPES, choose)] }),
  samples: [
    { ...of([2, 65]), args: ["f32"] },
    { ...of({ shape: [2, 65], range: [-9, 9] }), args: ["i32"] },
    { ...of({ shape: [9], range: [-9, 9] }), args: ["u32"] },
    ...DTYPES.map((dtype) => ({ ...of(EDGES), args: [dtype] })),
    ...["i32", "u32"].map((dtype) => ({
      ...of({ shape: [4], values: [2147483647, 2147483520, -2147483648, 4294967040] }),
      args: [dtype],
    })),
    ...DTYPES.map((dtype) => ({ ...of({ shape: [4], dtype: "i32", values: [-1, 0, 7, 2147483647] }), args: [dtype] })),
    ...DTYPES.map((dtype) => ({ ...of({ shape: [3], dtype: "u32", values: [0, 7, 4294967295] }), args: [dtype] })),
    ...DTYPES.map((dtype) => ({ ...of({ shape: [9], dtype: "bool" }), args: [dtype] })),
  ],
  errors: [{ ...of([2]), args: ["f64"], throws: "ConfigError" }],
});

function expression(from: DType, to: DType): string {
  if (from === to) return "x";
  if (to === "bool") return from === "f32" ? "x != 0.0 || isNan(x)" : `x != ${from}(0)`;
  return from === "f32" ? `f32_to_${to}(x)` : `${wgslType(to)}(x)`;
}

function converted(x: number, from: DType, to: DType): number {
  if (to === "bool") return Number(x !== 0);
  if (to === "f32") return x;
  if (from !== "f32") return to === "i32" ? x | 0 : x >>> 0;
  const [low, high] = RANGE[to];
  return Number.isNaN(x) ? 0 : Math.min(high, Math.max(low, Math.trunc(x))) + 0;
}

// abs: |x|.
import { exact } from "../tensor/op.js";
import { EDGES, I32_ENDS, of } from "./lib/declare/sample.js";
import { elementwise } from "./lib/elementwise/elementwise.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** Elementwise `|this|`, with gradient 0 at 0; the least i32 is its own. Throws DTypeError. */
    abs(): Tensor;
  }
}

export const abs = elementwise({
  name: "abs",
  doc: "absolute value",
  dtypes: ["f32", "i32"],
  wgsl: "abs(x)",
  value: ([x]) => Math.abs(x),
  saves: ["x"],
  vjp: (g, { x }) => [g.mul(x.sign())],
  tolerance: exact,
  samples: [
    of([2, 65]),
    of([]),
    of({ shape: [5], dtype: "i32" }),
    of(EDGES),
    { ...of({ shape: [3], values: [-2, 0, 3] }), slopes: [[-1, 0, 1]] },
    of(I32_ENDS),
  ],
  errors: [{ ...of({ shape: [2], dtype: "bool" }), throws: "DTypeError" }],
});

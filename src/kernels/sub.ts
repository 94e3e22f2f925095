// sub: a − b.
import { ulp } from "../tensor/op.js";
import { EDGE_COLUMN, EDGES, I32_ENDS, of, U32_ENDS } from "./lib/declare/sample.js";
import { elementwise } from "./lib/elementwise/elementwise.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** Elementwise `this − b`, with broadcasting; integers wrap at 2³². Throws ShapeError, DTypeError. */
    sub(b: Tensor | number): Tensor;
  }
}

export const sub = elementwise({
  name: "sub",
  doc: "a − b, with broadcasting",
  inputs: ["a", "b"],
  dtypes: ["f32", "i32", "u32"],
  wgsl: "a - b",
  value: ([a, b]) => a - b,
  vjp: (g, _, { needs }) => [g, needs.b ? g.neg() : null],
  tolerance: ulp(1),
  samples: [
    of([3], [3]),
    of([2, 65], [65]),
    of([4, 1, 8], [3, 1]),
    of([], [2, 3]),
    of({ shape: [5], dtype: "i32" }, { shape: [5], dtype: "i32" }),
    of(EDGE_COLUMN, EDGES),
    of(I32_ENDS, { ...I32_ENDS, shape: [5, 1] }),
    of(U32_ENDS, { ...U32_ENDS, shape: [4, 1] }),
  ],
  errors: [
    { ...of([2, 3], [4]), throws: "ShapeError" },
    { ...of([2], { shape: [2], dtype: "i32" }), throws: "DTypeError" },
  ],
});

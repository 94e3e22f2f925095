// maximum: the larger of a and b.
import { exact } from "../tensor/op.js";
import { EDGE_COLUMN, of } from "./lib/declare/sample.js";
import { elementwise } from "./lib/elementwise/elementwise.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * Elementwise larger of `this` and `b`, with broadcasting; NaN where either is. Equal ones share the gradient.
     * Throws ShapeError, DTypeError.
     */
    maximum(b: Tensor | number): Tensor;
  }
}

export const maximum = elementwise({
  name: "maximum",
  doc: "larger of a and b, with broadcasting",
  inputs: ["a", "b"],
  dtypes: ["f32", "i32", "u32"],
  wgsl: (dtype) => (dtype === "f32" ? "max32(a, b)" : "max(a, b)"),
  value: ([a, b]) => Math.max(a, b),
  saves: ["a", "b"],
  vjp(g, { a, b }, { needs }) {
    const shared = a.eq(b).where(g.mul(0.5), g); // and both take it all where one is NaN, as in PyTorch
    return [needs.a ? a.lt(b).where(0, shared) : null, needs.b ? b.lt(a).where(0, shared) : null];
  },
  tolerance: exact,
  samples: [
    of([2, 65], [65]),
    of([3, 4], []),
    of(EDGE_COLUMN, { shape: [6], values: [Number.NaN, 1 / 0, -1 / 0, 1, 0, -0] }),
    of({ shape: [9], dtype: "i32" }, { shape: [9], dtype: "i32" }),
    {
      ...of({ shape: [4], values: [0, 1, 2, Number.NaN] }, { shape: [4], values: [1, 1, 1, 1] }),
      slopes: [
        [0, 0.5, 1, 1],
        [1, 0.5, 0, 1],
      ],
    },
    {
      ...of({ shape: [4], values: [0, 1, 2, Number.NaN] }, { shape: [4], values: [1, 1, 1, 1] }),
      gradient: [-1 / 0, 1 / 0, 1 / 0, -1 / 0],
      slopes: [
        [0, 1 / 0, 1 / 0, -1 / 0],
        [-1 / 0, 1 / 0, 0, -1 / 0],
      ],
    },
  ],
  errors: [{ ...of([2], { shape: [2], dtype: "i32" }), throws: "DTypeError" }],
});

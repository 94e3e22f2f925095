// div: a / b.
import { ulp } from "../tensor/op.js";
import { EDGE_COLUMN, of } from "./lib/declare/sample.js";
import { elementwise } from "./lib/elementwise/elementwise.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** Elementwise `this / b`, with broadcasting; 0 / 0 is NaN. Throws ShapeError, DTypeError. */
    div(b: Tensor | number): Tensor;
  }
}

export const div = elementwise({
  name: "div",
  doc: "a / b, with broadcasting",
  inputs: ["a", "b"],
  wgsl: "a / b",
  value: ([a, b]) => a / b,
  saves: ["b", "y"],
  // ∂(a/b)/∂b = −(a/b)/b
  vjp: (g, { b, y }, { needs }) => [needs.a ? g.div(b) : null, needs.b ? g.mul(y).div(b).neg() : null],
  tolerance: ulp(2.5), // WGSL's bound for divisors in [2⁻¹²⁶, 2¹²⁶]
  samples: [
    of([3], { shape: [3], range: [0.5, 2] }),
    of([2, 65], { shape: [65], range: [-3, -0.1] }),
    of([4, 1, 8], { shape: [3, 1], range: [1, 50] }),
    of([], { shape: [2, 3], range: [0.5, 2] }),
    of(EDGE_COLUMN, { shape: [6], values: [Number.NaN, 0, -0, 1, -1, 1e-30] }),
  ],
  errors: [{ ...of({ shape: [2], dtype: "i32" }, { shape: [2], dtype: "i32" }), throws: "DTypeError" }],
});

// mul: a · b, elementwise.
import { ulp } from "../tensor/op.js";
import { elementwise } from "./lib/elementwise/elementwise.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** Elementwise `this · b`, with broadcasting. Throws ShapeError, DTypeError. */
    mul(b: Tensor | number): Tensor;
  }
}

export const mul = elementwise({
  name: "mul",
  doc: "a · b elementwise, with broadcasting",
  inputs: ["a", "b"],
  dtypes: ["f32", "i32", "u32"],
  wgsl: "a * b",
  value: ([a, b]) => a * b,
  saves: ["a", "b"],
  vjp: (g, { a, b }, { needs }) => [needs.a ? g.mul(b) : null, needs.b ? g.mul(a) : null],
  tolerance: ulp(1),
  samples: [
    { inputs: [[3], [3]] },
    {
      inputs: [
        [2, 65],
        [2, 1],
      ],
    },
    {
      inputs: [
        [4, 1, 8],
        [3, 1],
      ],
    },
    { inputs: [[2, 3, 4], []] },
  ],
  errors: [{ inputs: [[2, 3], [4]], throws: "ShapeError" }],
});

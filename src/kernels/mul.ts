// mul: a · b, elementwise.
import { ulp } from "../tensor/op.js";
import { I32_ENDS, of, U32_ENDS } from "./lib/declare/sample.js";
import { elementwise } from "./lib/elementwise/elementwise.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** Elementwise `this · b`, with broadcasting; integers wrap at 2³². Throws ShapeError, DTypeError. */
    mul(b: Tensor | number): Tensor;
  }
}

export const mul = elementwise({
  name: "mul",
  doc: "a · b elementwise, with broadcasting",
  inputs: ["a", "b"],
  dtypes: ["f32", "i32", "u32"],
  wgsl: "a * b",
  value: ([a, b], _, dtype) => (dtype === "f32" ? a * b : Math.imul(a, b)), // integers pass 2⁵³
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
    of(I32_ENDS, { ...I32_ENDS, shape: [5, 1] }),
    of(U32_ENDS, { ...U32_ENDS, shape: [4, 1] }),
  ],
  errors: [{ inputs: [[2, 3], [4]], throws: "ShapeError" }],
});

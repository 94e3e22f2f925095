// add: a + b.
import { ulp } from "../tensor/op.js";
import { I32_ENDS, of, U32_ENDS } from "./lib/declare/sample.js";
import { elementwise } from "./lib/elementwise/elementwise.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** Elementwise `this + b`, with broadcasting; integers wrap at 2³². Throws ShapeError, DTypeError. */
    add(b: Tensor | number): Tensor;
  }
}

export const add = elementwise({
  name: "add",
  doc: "a + b, with broadcasting",
  inputs: ["a", "b"],
  dtypes: ["f32", "i32", "u32"],
  wgsl: "a + b",
  value: ([a, b]) => a + b,
  vjp: (g) => [g, g],
  tolerance: ulp(1),
  samples: [
    { inputs: [[3], [3]] },
    { inputs: [[2, 65], [65]] },
    {
      inputs: [
        [4, 1, 8],
        [3, 1],
      ],
    },
    { inputs: [[2, 3, 4], []] },
    { inputs: [[0, 4], [4]] },
    {
      inputs: [
        { shape: [5], dtype: "i32" },
        { shape: [5], dtype: "i32" },
      ],
    },
    of(I32_ENDS, { ...I32_ENDS, shape: [5, 1] }),
    of(U32_ENDS, { ...U32_ENDS, shape: [4, 1] }),
  ],
  errors: [
    { inputs: [[2, 3], [4]], throws: "ShapeError" },
    { inputs: [[2], { shape: [2], dtype: "i32" }], throws: "DTypeError" },
  ],
});

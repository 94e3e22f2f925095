// square: x².
import { ulp } from "../tensor/op.js";
import { EDGES, I32_ENDS, of, U32_ENDS } from "./lib/declare/sample.js";
import { elementwise } from "./lib/elementwise/elementwise.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** Elementwise x²; integers wrap at 2³². Throws DTypeError. */
    square(): Tensor;
  }
}

export const square = elementwise({
  name: "square",
  doc: "x²",
  dtypes: ["f32", "i32", "u32"],
  wgsl: "x * x",
  value: ([x], _, dtype) => (dtype === "f32" ? x * x : Math.imul(x, x)), // integers pass 2⁵³
  saves: ["x"],
  vjp: (g, { x }) => [g.mul(x).mul(2)], // dx²/dx = 2x
  tolerance: ulp(1),
  samples: [of([2, 65]), of([3, 4, 4]), of({ shape: [5], dtype: "i32" }), of(EDGES), of(I32_ENDS), of(U32_ENDS)],
  errors: [{ ...of({ shape: [2], dtype: "bool" }), throws: "DTypeError" }],
});

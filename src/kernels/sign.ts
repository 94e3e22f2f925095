// sign: −1, 0 or 1.
import { exact } from "../tensor/op.js";
import { EDGES, of } from "./lib/declare/sample.js";
import { elementwise } from "./lib/elementwise/elementwise.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** Elementwise −1, 0 or 1; NaN stays NaN, as in NumPy (PyTorch gives 0). Its gradient is 0. Throws DTypeError. */
    sign(): Tensor;
  }
}

export const sign = elementwise({
  name: "sign",
  doc: "−1, 0 or 1 by the sign of x",
  dtypes: ["f32", "i32"],
  wgsl: (dtype) => (dtype === "f32" ? "select(sign(x), x, isNan(x))" : "sign(x)"),
  value: ([x]) => Math.sign(x) + 0, // −0 gives 0
  vjp: () => [null],
  tolerance: exact,
  samples: [of([2, 65]), of({ shape: [5], dtype: "i32", range: [-2, 3] }), of(EDGES)],
  errors: [{ ...of({ shape: [2], dtype: "u32" }), throws: "DTypeError" }],
});

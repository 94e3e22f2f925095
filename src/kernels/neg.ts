// neg: −x.
import { exact } from "../tensor/op.js";
import { EDGES, I32_ENDS, of } from "./lib/declare/sample.js";
import { elementwise } from "./lib/elementwise/elementwise.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** Elementwise `−this`; the least i32 is its own. Throws DTypeError. */
    neg(): Tensor;
  }
}

export const neg = elementwise({
  name: "neg",
  doc: "−x",
  dtypes: ["f32", "i32"],
  wgsl: "-x",
  value: ([x]) => -x,
  vjp: (g) => [g.neg()],
  tolerance: exact,
  samples: [of([2, 65]), of([0, 3]), of({ shape: [5], dtype: "i32", range: [1, 9] }), of(EDGES), of(I32_ENDS)],
  errors: [{ ...of({ shape: [2], dtype: "u32" }), throws: "DTypeError" }],
});

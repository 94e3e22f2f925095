// exp: e^x.
import { ulp } from "../tensor/op.js";
import { EDGES, of } from "./lib/declare/sample.js";
import { elementwise } from "./lib/elementwise/elementwise.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** Elementwise eˣ. Throws DTypeError. */
    exp(): Tensor;
  }
}

export const exp = elementwise({
  name: "exp",
  doc: "e to the power x",
  wgsl: "exp32(x)",
  value: ([x]) => Math.exp(x),
  saves: ["y"],
  vjp: (g, { y }) => [g.mul(y)],
  tolerance: ulp(2),
  samples: [of([2, 65]), of([]), of({ shape: [512], range: [-87, 88.7] }), of(EDGES)],
  errors: [{ ...of({ shape: [2], dtype: "i32" }), throws: "DTypeError" }],
});

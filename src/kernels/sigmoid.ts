// sigmoid: 1 / (1 + e^−x).
import { ulp } from "../tensor/op.js";
import { EDGES, of } from "./lib/declare/sample.js";
import { elementwise } from "./lib/elementwise/elementwise.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** Elementwise 1 / (1 + e⁻ˣ). Throws DTypeError. */
    sigmoid(): Tensor;
  }
}

export const sigmoid = elementwise({
  name: "sigmoid",
  doc: "logistic function",
  wgsl: "sigmoid32(x)",
  value: ([x]) => 1 / (1 + Math.exp(-x)),
  saves: ["y"],
  vjp: (g, { y }) => [g.mul(y.sub(y.square()))], // σ(1 − σ)
  tolerance: ulp(5),
  samples: [of([2, 65]), of({ shape: [300], range: [-87, 30] }), of(EDGES)],
  errors: [{ ...of({ shape: [2], dtype: "i32" }), throws: "DTypeError" }],
});

// tanh: hyperbolic tangent.
import { ulp } from "../tensor/op.js";
import { EDGES, of } from "./lib/declare/sample.js";
import { elementwise } from "./lib/elementwise/elementwise.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** Elementwise hyperbolic tangent. Throws DTypeError. */
    tanh(): Tensor;
  }
}

export const tanh = elementwise({
  name: "tanh",
  doc: "hyperbolic tangent",
  wgsl: "tanh32(x)",
  value: ([x]) => Math.tanh(x),
  saves: ["y"],
  vjp: (g, { y }) => [g.sub(g.mul(y.square()))], // 1 − tanh²
  tolerance: ulp(3),
  samples: [of([2, 65]), of({ shape: [300], range: [-0.7, 0.7] }), of({ shape: [300], range: [-100, 100] }), of(EDGES)],
  errors: [{ ...of({ shape: [2], dtype: "i32" }), throws: "DTypeError" }],
});

// sqrt: √x.
import { ulp } from "../tensor/op.js";
import { EDGES, of } from "./lib/declare/sample.js";
import { elementwise } from "./lib/elementwise/elementwise.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** Elementwise square root: NaN below 0. Throws DTypeError. */
    sqrt(): Tensor;
  }
}

export const sqrt = elementwise({
  name: "sqrt",
  doc: "square root",
  wgsl: "sqrt(x)",
  value: ([x]) => Math.sqrt(x),
  saves: ["y"],
  vjp: (g, { y }) => [g.div(y).mul(0.5)], // d√x/dx = 1/(2√x)
  tolerance: ulp(4), // WGSL: as exact as 1 / inverseSqrt(x)
  samples: [of({ shape: [2, 65], range: [0.1, 9] }), of({ shape: [300], range: [0, 1e30] }), of(EDGES)],
  errors: [{ ...of({ shape: [2], dtype: "i32" }), throws: "DTypeError" }],
});

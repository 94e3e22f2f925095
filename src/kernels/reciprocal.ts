// reciprocal: 1 / x.
import { ulp } from "../tensor/op.js";
import { of } from "./lib/declare/sample.js";
import { elementwise } from "./lib/elementwise/elementwise.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** Elementwise 1 / x; infinite at 0. Throws DTypeError. */
    reciprocal(): Tensor;
  }
}

export const reciprocal = elementwise({
  name: "reciprocal",
  doc: "1 / x",
  wgsl: "1.0 / x",
  value: ([x]) => 1 / x,
  saves: ["y"],
  vjp: (g, { y }) => [g.mul(y.square()).neg()], // d(1/x)/dx = −1/x²
  tolerance: ulp(2.5),
  samples: [
    of({ shape: [2, 65], range: [0.1, 4] }),
    of({ shape: [3], range: [-4, -0.1] }),
    of({ shape: [8], values: [Number.NaN, 1 / 0, -1 / 0, 0, -0, 1, -1, 1e-30] }),
  ],
  errors: [{ ...of({ shape: [2], dtype: "i32" }), throws: "DTypeError" }],
});

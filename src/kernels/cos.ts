// cos: cosine of an angle in radians.
import { ulp } from "../tensor/op.js";
import { of } from "./lib/declare/sample.js";
import { elementwise } from "./lib/elementwise/elementwise.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** Elementwise cosine of radians; NaN at infinity. Within 2 ULP + 2⁻²³ at any angle. Throws DTypeError. */
    cos(): Tensor;
  }
}

export const cos = elementwise({
  name: "cos",
  doc: "cosine, radians",
  wgsl: "sin32(x, 1)",
  value: ([x]) => Math.cos(x),
  saves: ["x"],
  vjp: (g, { x }) => [g.mul(x.sin()).neg()],
  tolerance: ulp(2, 2 ** -23),
  samples: [
    of([2, 65]),
    of({ shape: [300], range: [-1e4, 1e4] }),
    of({ shape: [7], values: [0, 10001, -(2 ** 24), 1e10, 5.3e21, -1e30, 3.4e38] }),
    of({ shape: [7], values: [Number.NaN, 1 / 0, -1 / 0, 0, -0, 1, -1] }),
  ],
  errors: [{ ...of({ shape: [2], dtype: "i32" }), throws: "DTypeError" }],
});

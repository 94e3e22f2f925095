// rsqrt: 1 / √x.
import { ulp } from "../tensor/op.js";
import { EDGES, of } from "./lib/declare/sample.js";
import { elementwise } from "./lib/elementwise/elementwise.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** Elementwise 1 / √x: infinite at 0, NaN below. Throws DTypeError. */
    rsqrt(): Tensor;
  }
}

export const rsqrt = elementwise({
  name: "rsqrt",
  doc: "1 / √x",
  wgsl: "inverseSqrt(x)",
  value: ([x]) => 1 / Math.sqrt(x),
  saves: ["y"],
  vjp: (g, { y }) => [g.mul(y).mul(y.square()).mul(-0.5)], // dx^(−½)/dx = −½ x^(−3/2)
  tolerance: ulp(2), // WGSL's bound
  samples: [of({ shape: [2, 65], range: [0.1, 9] }), of({ shape: [300], range: [1, 1e30] }), of(EDGES)],
  errors: [{ ...of({ shape: [2], dtype: "i32" }), throws: "DTypeError" }],
});

// silu: x σ(x), also known as swish.
import { ulp } from "../tensor/op.js";
import { EDGES, of } from "./lib/declare/sample.js";
import { elementwise } from "./lib/elementwise/elementwise.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** Elementwise x / (1 + e⁻ˣ). Throws DTypeError. */
    silu(): Tensor;
  }
}

export const silu = elementwise({
  name: "silu",
  doc: "x σ(x)",
  wgsl: "x * sigmoid32(x)",
  value: ([x]) => x * (1 / (1 + Math.exp(-x))),
  saves: ["x"],
  vjp: (g, { x }) => [g.siluBackward(x)],
  tolerance: ulp(5, 2 ** -119), // below −87 a driver may take σ for 0
  samples: [of([2, 65]), of({ shape: [300], range: [-80, 30] }), of(EDGES)],
  errors: [{ ...of({ shape: [2], dtype: "i32" }), throws: "DTypeError" }],
});

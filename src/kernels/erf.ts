// erf: error function.
import { ulp } from "../tensor/op.js";
import { erf64 } from "./lib/declare/reference.js";
import { EDGES, of } from "./lib/declare/sample.js";
import { elementwise } from "./lib/elementwise/elementwise.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** Elementwise error function 2/√π ∫₀ˣ e^(−t²) dt. Throws DTypeError. */
    erf(): Tensor;
  }
}

export const erf = elementwise({
  name: "erf",
  doc: "error function",
  wgsl: "erf32(x)",
  value: ([x]) => erf64(x),
  saves: ["x"],
  vjp: (g, { x }) => [g.mul(x.square().neg().exp()).mul(2 / Math.sqrt(Math.PI))], // 2/√π · e^(−x²)
  tolerance: ulp(3),
  samples: [of([2, 65]), of({ shape: [512], range: [-5, 5] }), of({ shape: [300], range: [-1e-3, 1e-3] }), of(EDGES)],
  errors: [{ ...of({ shape: [2], dtype: "i32" }), throws: "DTypeError" }],
});

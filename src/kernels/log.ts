// log: natural logarithm.
import { ulp } from "../tensor/op.js";
import { EDGES, of } from "./lib/declare/sample.js";
import { elementwise } from "./lib/elementwise/elementwise.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** Elementwise natural logarithm: −∞ at 0, NaN below. Throws DTypeError. */
    log(): Tensor;
  }
}

export const log = elementwise({
  name: "log",
  doc: "natural logarithm",
  wgsl: "log32(x)",
  value: ([x]) => Math.log(x),
  saves: ["x"],
  vjp: (g, { x }) => [g.div(x)],
  tolerance: ulp(2),
  samples: [
    of({ shape: [2, 65], range: [0.1, 3] }),
    of({ shape: [512], range: [0.99, 1.01] }),
    of({ shape: [512], range: [1, 1e30] }),
    of({ shape: [5], values: [0, 1e-38, 1e-40, 1.5e-45, 2 ** -126] }),
    of(EDGES),
  ],
  errors: [{ ...of({ shape: [2], dtype: "i32" }), throws: "DTypeError" }],
});

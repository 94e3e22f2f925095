// relu: max(x, 0).
import { exact } from "../tensor/op.js";
import { of } from "./lib/declare/sample.js";
import { elementwise } from "./lib/elementwise/elementwise.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** Elementwise max(x, 0), with gradient 0 at 0; NaN stays NaN. Throws DTypeError. */
    relu(): Tensor;
  }
}

export const relu = elementwise({
  name: "relu",
  doc: "max(x, 0)",
  wgsl: "max32(x, 0.0)",
  value: ([x]) => Math.max(x, 0),
  saves: ["y"],
  vjp: (g, { y }) => [g.reluBackward(y)],
  tolerance: exact,
  samples: [
    of([2, 65]),
    of([3, 4, 4]),
    of([0, 3]),
    of({ shape: [5], values: [Number.NaN, 1 / 0, -1 / 0, 3.4e38, -3.4e38] }),
    { ...of({ shape: [4], values: [-1, 0, 1, Number.NaN] }), slopes: [[0, 0, 1, 1]] },
    { ...of({ shape: [3], values: [-1, 0, 1] }), gradient: [1 / 0, Number.NaN, -1 / 0], slopes: [[0, 0, -1 / 0]] },
  ],
  errors: [{ ...of({ shape: [2], dtype: "i32" }), throws: "DTypeError" }],
});

// round: the nearest integer, halves to the even one.
import { exact } from "../tensor/op.js";
import { of } from "./lib/declare/sample.js";
import { elementwise } from "./lib/elementwise/elementwise.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** Elementwise nearest integer, halves to the even one as in PyTorch. Its gradient is 0. Throws DTypeError. */
    round(): Tensor;
  }
}

export const round = elementwise({
  name: "round",
  doc: "nearest integer, halves to the even one",
  wgsl: "round(x)",
  value: ([x]) => (Math.abs(x - Math.trunc(x)) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)) || x * 0,
  vjp: () => [null],
  tolerance: exact,
  samples: [
    of({ shape: [2, 65], range: [-9, 9] }),
    of({ shape: [9], values: [Number.NaN, 1 / 0, -1 / 0, -1.5, 0.5, 1.5, 2.5, 1e30, -3] }),
  ],
  errors: [{ ...of({ shape: [2], dtype: "i32" }), throws: "DTypeError" }],
});

// floor: the largest integer ≤ x.
import { exact } from "../tensor/op.js";
import { of } from "./lib/declare/sample.js";
import { elementwise } from "./lib/elementwise/elementwise.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** Elementwise largest integer ≤ x. Its gradient is 0. Throws DTypeError. */
    floor(): Tensor;
  }
}

export const floor = elementwise({
  name: "floor",
  doc: "largest integer ≤ x",
  wgsl: "floor(x)",
  value: ([x]) => Math.floor(x),
  vjp: () => [null],
  tolerance: exact,
  samples: [of([2, 65]), of({ shape: [7], values: [Number.NaN, 1 / 0, -1 / 0, -1.5, 2.5, 1e30, -3] })],
  errors: [{ ...of({ shape: [2], dtype: "i32" }), throws: "DTypeError" }],
});

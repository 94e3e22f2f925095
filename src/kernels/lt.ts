// lt: a < b.
import { comparison } from "./lib/elementwise/comparison.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** Elementwise `this < b` as bool, with broadcasting; false where either is NaN. Throws ShapeError, DTypeError. */
    lt(b: Tensor | number): Tensor;
  }
}

export const lt = comparison({
  name: "lt",
  doc: "a < b as bool, with broadcasting",
  operator: "<",
  value: (a, b) => a < b,
});

// ne: a ≠ b.
import { comparison } from "./lib/elementwise/comparison.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** Elementwise `this ≠ b` as bool, with broadcasting; true where either is NaN. Throws ShapeError, DTypeError. */
    ne(b: Tensor | number): Tensor;
  }
}

export const ne = comparison({
  name: "ne",
  doc: "a ≠ b as bool, with broadcasting",
  operator: "!=",
  value: (a, b) => a !== b,
  bools: true,
});

// eq: a = b.
import { comparison } from "./lib/elementwise/comparison.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** Elementwise `this = b` as bool, with broadcasting; false where either is NaN. Throws ShapeError, DTypeError. */
    eq(b: Tensor | number): Tensor;
  }
}

export const eq = comparison({
  name: "eq",
  doc: "a = b as bool, with broadcasting",
  operator: "==",
  value: (a, b) => a === b,
  bools: true,
});

// gt: a > b.
import { comparison } from "./lib/elementwise/comparison.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** Elementwise `this > b` as bool, with broadcasting; false where either is NaN. Throws ShapeError, DTypeError. */
    gt(b: Tensor | number): Tensor;
  }
}

export const gt = comparison({
  name: "gt",
  doc: "a > b as bool, with broadcasting",
  operator: ">",
  value: (a, b) => a > b,
});

// nllLoss: the negative of the log-probability of the target class, per row.
import type { Tensor } from "../tensor/tensor.js";
import { of } from "./lib/declare/sample.js";
import { CLASS_LOSS_OPTIONS, type ClassLossOptions, classLoss, classLossParams } from "./lib/rows/classLoss.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** −x at the target class, of log-probabilities `[..., C]` and class indices `target` (i32, `[...]`). Throws ShapeError, DTypeError, ConfigError. */
    nllLoss(target: Tensor, options?: ClassLossOptions): Tensor;
  }
}

export const nllLoss = classLoss({
  name: "nllLoss",
  doc: "negative log-likelihood of class indices under log-probabilities",
  options: CLASS_LOSS_OPTIONS,
  params: (_, options?: ClassLossOptions) => classLossParams("nllLoss", options),
  passes: () => ({
    loss: { state: "f32", init: "0.0", fold: "select(s, -x, i32(j) == label)", merge: "a + b" },
  }),
  row: (x, target) => -x[target],
  backward: (g: Tensor, x, target, { ignoreIndex }) => g.nllLossBackward(x, target, ignoreIndex),
  rowTolerance: () => ({ ulp: 1, abs: 0 }),
  samples: [
    of([4, 5], { shape: [4], dtype: "i32", values: [0, 4, 2, 2] }),
    { ...of([4, 5], { shape: [4], dtype: "i32", values: [0, 4, -100, 2] }), args: [{ reduction: "sum" }] },
    { ...of([4, 33], { shape: [4], dtype: "i32", values: [0, 32, 2, 33] }), args: [{ reduction: "none" }] },
    {
      ...of([4, 5], { shape: [4], dtype: "i32", values: [0, 4, 2, 2] }),
      args: [{ ignoreIndex: 2 }],
    },
  ],
  errors: [
    { ...of([4, 5], { shape: [4, 5], dtype: "i32" }), throws: "ShapeError" },
    { ...of([4, 5], [4]), throws: "DTypeError" },
  ],
});

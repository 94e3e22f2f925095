// softmaxEntropyBackward: the gradient of softmaxEntropy with respect to the logits.
import { ulp } from "../tensor/op.js";
import { dimParams, rowwise } from "./lib/rowwise.js";
import { of } from "./lib/sample.js";
import { logP, logSoftmaxPasses, logSoftmaxRow, plogq, SOFTMAX_FUNCTIONS } from "./lib/softmaxPasses.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** −g p (ln p + H) with p = softmax(x): `this` is the gradient of the entropies `y` of `x`. Throws ShapeError, DTypeError. */
    softmaxEntropyBackward(x: Tensor, y: Tensor, dim: number): Tensor;
  }
}

export const softmaxEntropyBackward = rowwise({
  name: "softmaxEntropyBackward",
  doc: "gradient of softmaxEntropy: −g p (ln p + H)",
  inputs: { g: "each", x: "row", y: "each" },
  params: ([, x], dim: number) => dimParams("softmaxEntropyBackward")([x], dim),
  result: "row",
  passes: () => logSoftmaxPasses("x"),
  value: `-g * plogq(${logP("x")}, ${logP("x")} + y)`,
  functions: SOFTMAX_FUNCTIONS,
  reference: ({ g, x, y }) => logSoftmaxRow(x).map((lp) => -g[0] * plogq(lp, lp + y[0])),
  flops: 8,
  tolerance: ulp(32, 2e-6),
  samples: [
    { ...of([3], [3, 5], { shape: [3], range: [0, 1.6] }), args: [1] },
    { ...of([2], [2, 1000], { shape: [2], range: [5, 6] }), args: [1] },
    { ...of([3, 7], [3, 5, 7], { shape: [3, 7], range: [0, 1.6] }), args: [1] },
    { ...of([4], { shape: [4, 6], range: [-1e4, 1e4] }, { shape: [4], range: [0, 0] }), args: [1] },
  ],
  errors: [{ ...of([2], [3, 5], [3]), args: [1], throws: "ShapeError" }],
});

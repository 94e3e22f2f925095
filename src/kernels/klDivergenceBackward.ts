// klDivergenceBackward: the gradient of klDivergence with respect to its first logits.
import { ulp } from "../tensor/op.js";
import { dimParams, rowwise } from "./lib/rowwise.js";
import { of } from "./lib/sample.js";
import { logP, logSoftmaxPasses, logSoftmaxRow, plogq, SOFTMAX_FUNCTIONS } from "./lib/softmaxPasses.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** g p (ln p − ln q − y): `this` is the gradient of `y = a.klDivergence(b)`. Throws ShapeError, DTypeError. */
    klDivergenceBackward(a: Tensor, b: Tensor, y: Tensor, dim: number): Tensor;
  }
}

export const klDivergenceBackward = rowwise({
  name: "klDivergenceBackward",
  doc: "gradient of klDivergence by its first logits: g p (ln p − ln q − KL)",
  inputs: { g: "each", a: "row", b: "row", y: "each" },
  params: ([, a], dim: number) => dimParams("klDivergenceBackward")([a], dim),
  result: "row",
  passes: () => ({ ...logSoftmaxPasses("a"), ...logSoftmaxPasses("b") }),
  value: `g * plogq(${logP("a")}, ${logP("a")} - ${logP("b")} - y)`,
  functions: SOFTMAX_FUNCTIONS,
  reference({ g, a, b, y }) {
    const lq = logSoftmaxRow(b);
    return logSoftmaxRow(a).map((lp, j) => g[0] * plogq(lp, lp - lq[j] - y[0]));
  },
  flops: 12,
  tolerance: ulp(32, 4e-6),
  samples: [
    { ...of([3], [3, 5], [3, 5], { shape: [3], range: [0, 1] }), args: [1] },
    { ...of([3, 7], [3, 5, 7], [3, 5, 7], { shape: [3, 7], range: [0, 1] }), args: [1] },
  ],
  errors: [{ ...of([3], [3, 5], [3, 4], [3]), args: [1], throws: "ShapeError" }],
});

// softmaxEntropy: the entropy of softmax(row), what Tent minimises.
import type { TensorInfo } from "../tensor/op.js";
import { of } from "./lib/declare/sample.js";
import { dimParams, rowwise } from "./lib/rows/rowwise.js";
import { entropyOfRow, logP, logSoftmaxPasses, SOFTMAX_FUNCTIONS } from "./lib/rows/softmaxPasses.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** H(p) = −Σ p ln p of p = softmax(this) along `dim`, in nats: `[..., C]` → `[...]`. Throws ShapeError, DTypeError. */
    softmaxEntropy(dim?: number): Tensor;
  }
}

export const softmaxEntropy = rowwise({
  name: "softmaxEntropy",
  doc: "entropy of softmax along a dimension, in nats",
  inputs: { x: "row" },
  params: dimParams("softmaxEntropy"),
  result: "each",
  passes: () => ({
    ...logSoftmaxPasses("x"),
    entropy: { state: "f32", init: "0.0", fold: `s - plogq(${logP("x")}, ${logP("x")})`, merge: "a + b" },
  }),
  value: "entropy",
  functions: SOFTMAX_FUNCTIONS,
  reference: ({ x }) => [entropyOfRow(x)],
  flops: 8,
  saves: ["x", "y"],
  // ∂H/∂x = −p (ln p + H)
  vjp: (g, { x, y }, { params }) => [g.softmaxEntropyBackward(x, y, params.dim)],
  tolerance: ([x], { dim }) => ({ ulp: 8, abs: 2 ** -21 + 1e-8 * (x as TensorInfo).shape[dim] }),
  samples: [
    of([3, 5]),
    of([16, 10]),
    of([2, 1000]),
    { ...of([3, 5, 7]), args: [1] },
    of({ shape: [4, 6], range: [-1e4, 1e4] }),
    of({ shape: [3, 3], values: [5, 5, 5, -1 / 0, 0, 0, Number.NaN, 1, 2] }),
    of([0, 3]),
  ],
  errors: [
    { ...of([]), throws: "ShapeError" },
    { ...of({ shape: [2], dtype: "i32" }), throws: "DTypeError" },
  ],
});

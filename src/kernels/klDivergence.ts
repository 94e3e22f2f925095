// klDivergence: KL(softmax(a) ‖ softmax(b)) per row of logits.
import type { TensorInfo } from "../tensor/op.js";
import { FAR_LOGITS, of } from "./lib/declare/sample.js";
import { dimParams, keptShape, rowwise } from "./lib/rows/rowwise.js";
import { logP, logSoftmaxPasses, logSoftmaxRow, plogq, SOFTMAX_FUNCTIONS, total } from "./lib/rows/softmaxPasses.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** Σ p (ln p − ln q) of p = softmax(this), q = softmax(b) along `dim`, in nats: `[..., C]` → `[...]`. Throws ShapeError, DTypeError. */
    klDivergence(b: Tensor, dim?: number): Tensor;
  }
}

export const klDivergence = rowwise({
  name: "klDivergence",
  doc: "Kullback-Leibler divergence of softmax(a) from softmax(b) along a dimension",
  inputs: { a: "row", b: "row" },
  params: dimParams("klDivergence"),
  result: "each",
  passes: () => ({
    ...logSoftmaxPasses("a"),
    ...logSoftmaxPasses("b"),
    kl: { state: "f32", init: "0.0", fold: `s + plogq(${logP("a")}, ${logP("a")} - ${logP("b")})`, merge: "a + b" },
  }),
  value: "kl",
  functions: SOFTMAX_FUNCTIONS,
  reference({ a, b }) {
    const lq = logSoftmaxRow(b);
    return [total(logSoftmaxRow(a).map((lp, j) => plogq(lp, lp - lq[j])))];
  },
  flops: 12,
  saves: ["a", "b"],
  // ∂/∂a = p (ln p − ln q − KL); ∂/∂b = q − p
  vjp: (g, { a, b }, { params: { dim }, needs }) => [
    needs.a ? g.klDivergenceBackward(a, b, dim) : null,
    needs.b
      ? b
          .softmax(dim)
          .sub(a.softmax(dim))
          .mul(g.reshape(keptShape(a.shape, dim)))
      : null,
  ],
  // each term is off by the rounding of its two logarithms, and p sums to one
  tolerance: ([a], { dim }) => ({ ulp: 8, abs: 2e-6 + 1e-8 * (a as TensorInfo).shape[dim] }),
  samples: [
    of([3, 5], [3, 5]),
    of([2, 1000], [2, 1000]),
    { ...of([3, 5, 7], [3, 5, 7]), args: [1] },
    of(...FAR_LOGITS),
    of({ shape: [2, 3], values: [-1 / 0, 0, 0, 1, 2, 3] }, { shape: [2, 3], values: [-1 / 0, 0, 1, 1, -1 / 0, 3] }),
  ],
  errors: [
    { ...of([2, 3], [2, 4]), throws: "ShapeError" },
    { ...of([2, 3], { shape: [2, 3], dtype: "i32" }), throws: "DTypeError" },
  ],
});

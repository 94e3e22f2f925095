// symmetricKL: KL(softmax(a) ‖ softmax(b)) + KL(softmax(b) ‖ softmax(a)) per row of logits, ZeroSiam's alignment.
import type { TensorInfo } from "../tensor/op.js";
import { FAR_LOGITS, of } from "./lib/declare/sample.js";
import { dimParams, rowwise } from "./lib/rows/rowwise.js";
import { logP, logSoftmaxPasses, logSoftmaxRow, SOFTMAX_FUNCTIONS, total } from "./lib/rows/softmaxPasses.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** Σ (p − q) (ln p − ln q) of p = softmax(this), q = softmax(b) along `dim`, in nats: `[..., C]` → `[...]`. Throws ShapeError, DTypeError. */
    symmetricKL(b: Tensor, dim?: number): Tensor;
  }
}

export const symmetricKL = rowwise({
  name: "symmetricKL",
  doc: "symmetric Kullback-Leibler divergence of softmax(a) and softmax(b) along a dimension",
  inputs: { a: "row", b: "row" },
  params: dimParams("symmetricKL"),
  result: "each",
  passes: () => ({
    ...logSoftmaxPasses("a"),
    ...logSoftmaxPasses("b"),
    kl: { state: "f32", init: "0.0", fold: `s + both(${logP("a")}, ${logP("b")})`, merge: "a + b" },
  }),
  value: "kl",
  // a class that neither side gives any probability adds nothing, however far apart the logits are
  functions: `${SOFTMAX_FUNCTIONS}
fn both(lp: f32, lq: f32) -> f32 {
  let p = exp32(lp);
  let q = exp32(lq);
  return select((p - q) * (lp - lq), 0.0, (bitcast<u32>(p) | bitcast<u32>(q)) == 0u);
}`,
  reference({ a, b }) {
    const lq = logSoftmaxRow(b);
    return [total(logSoftmaxRow(a).map((lp, j) => both64(lp, lq[j])))];
  },
  flops: 14,
  saves: ["a", "b"],
  // symmetric: one formula for both sides
  vjp: (g, { a, b }, { params: { dim }, needs }) => [
    needs.a ? g.symmetricKLBackward(a, b, dim) : null,
    needs.b ? g.symmetricKLBackward(b, a, dim) : null,
  ],
  tolerance: ([a], { dim }) => ({ ulp: 8, abs: 3e-6 + 1e-8 * (a as TensorInfo).shape[dim] }),
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

function both64(lp: number, lq: number): number {
  const p = Math.exp(lp);
  const q = Math.exp(lq);
  return p === 0 && q === 0 ? 0 : (p - q) * (lp - lq);
}

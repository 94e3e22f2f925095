// symmetricKLBackward: the gradient of symmetricKL with respect to the first of its two logits.
import { ulp } from "../tensor/op.js";
import { dimParams, rowwise } from "./lib/rowwise.js";
import { of } from "./lib/sample.js";
import { logP, logSoftmaxPasses, logSoftmaxRow, plogq, SOFTMAX_FUNCTIONS, total } from "./lib/softmaxPasses.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** g (p (ln p − ln q − KL(p ‖ q)) + p − q): `this` is the gradient of `a.symmetricKL(b)`. Throws ShapeError, DTypeError. */
    symmetricKLBackward(a: Tensor, b: Tensor, dim: number): Tensor;
  }
}

const difference = `${logP("a")} - ${logP("b")}`;

export const symmetricKLBackward = rowwise({
  name: "symmetricKLBackward",
  doc: "gradient of symmetricKL by its first logits: g (p (ln p − ln q − KL(p ‖ q)) + p − q)",
  inputs: { g: "each", a: "row", b: "row" },
  params: ([, a], dim: number) => dimParams("symmetricKLBackward")([a], dim),
  result: "row",
  passes: () => ({
    ...logSoftmaxPasses("a"),
    ...logSoftmaxPasses("b"),
    kl: { state: "f32", init: "0.0", fold: `s + plogq(${logP("a")}, ${difference})`, merge: "a + b" },
  }),
  value: `g * (plogq(${logP("a")}, ${difference} - kl) + (exp32(${logP("a")}) - exp32(${logP("b")})))`,
  functions: SOFTMAX_FUNCTIONS,
  reference({ g, a, b }) {
    const lp = logSoftmaxRow(a);
    const lq = logSoftmaxRow(b);
    const kl = total(lp.map((l, j) => plogq(l, l - lq[j])));
    return lp.map((l, j) => g[0] * (plogq(l, l - lq[j] - kl) + Math.exp(l) - Math.exp(lq[j])));
  },
  flops: 20,
  tolerance: ulp(32, 8e-6),
  samples: [
    { ...of([3], [3, 5], [3, 5]), args: [1] },
    { ...of([2], [2, 1000], [2, 1000]), args: [1] },
    { ...of([3, 7], [3, 5, 7], [3, 5, 7]), args: [1] },
  ],
  errors: [{ ...of([3], [3, 5], [3, 4]), args: [1], throws: "ShapeError" }],
});

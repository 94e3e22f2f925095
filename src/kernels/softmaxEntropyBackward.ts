// softmaxEntropyBackward: the gradient of softmaxEntropy with respect to the logits.
import { ulp } from "../tensor/op.js";
import type { Tensor } from "../tensor/tensor.js";
import { of } from "./lib/declare/sample.js";
import { dimParams, keptShape, rowwise } from "./lib/rows/rowwise.js";
import { logP, logSoftmaxPasses, logSoftmaxRow, plogq, SOFTMAX_FUNCTIONS } from "./lib/rows/softmaxPasses.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * −g p (ln p + H) with p = softmax(x): `this` is the gradient of the `entropy` of `x`. Throws ShapeError, DTypeError.
     * @internal
     */
    softmaxEntropyBackward(x: Tensor, entropy: Tensor, dim: number): Tensor;
  }
}

export const softmaxEntropyBackward = rowwise({
  name: "softmaxEntropyBackward",
  doc: "gradient of softmaxEntropy: −g p (ln p + H)",
  inputs: { g: "each", x: "row", entropy: "each" },
  params: ([, x], dim: number) => dimParams("softmaxEntropyBackward")([x], dim),
  result: "row",
  passes: () => logSoftmaxPasses("x"),
  value: `-g * plogq(${logP("x")}, ${logP("x")} + entropy)`,
  functions: SOFTMAX_FUNCTIONS,
  reference: ({ g, x, entropy }) => logSoftmaxRow(x).map((lp) => -g[0] * plogq(lp, lp + entropy[0])),
  flops: 8,
  saves: ["g", "x", "entropy"],
  // with l = ln p + H: ∂/∂g = −Σ h p l; ∂/∂H = −g Σ h p; ∂/∂x = −g p (v − Σ p v), v = h (l + 1)
  vjp(h, { g, x, entropy }, { params: { dim } }) {
    const kept = (t: Tensor) => t.reshape(keptShape(x.shape, dim));
    const p = x.softmax(dim);
    const l = p.ne(0).where(x.logSoftmax(dim).add(kept(entropy)), 0); // where p is 0, p ln p is too
    const hp = h.mul(p);
    return [
      hp.mul(l).sum(dim).neg(),
      h.mul(l.add(1)).softmaxBackward(p, dim).mul(kept(g)).neg(),
      hp.sum(dim).mul(g).neg(),
    ];
  },
  tolerance: ulp(8, 2 ** -21),
  samples: [
    { ...of([3], [3, 5], { shape: [3], range: [0, 1.6] }), args: [1] },
    { ...of([2], [2, 1000], { shape: [2], range: [5, 6] }), args: [1] },
    { ...of([3, 7], [3, 5, 7], { shape: [3, 7], range: [0, 1.6] }), args: [1] },
    { ...of([4], { shape: [4, 6], range: [-1e4, 1e4] }, { shape: [4], range: [0, 0] }), args: [1] },
  ],
  errors: [{ ...of([2], [3, 5], [3]), args: [1], throws: "ShapeError" }],
});

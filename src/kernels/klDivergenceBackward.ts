// klDivergenceBackward: the gradient of klDivergence with respect to its first logits.
import { ulp } from "../tensor/op.js";
import type { Tensor } from "../tensor/tensor.js";
import { dimParams, keptShape, rowwise } from "./lib/rowwise.js";
import { of } from "./lib/sample.js";
import { logP, logSoftmaxPasses, logSoftmaxRow, plogq, SOFTMAX_FUNCTIONS } from "./lib/softmaxPasses.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** g p (ln p − ln q − kl): `this` is the gradient of `kl = a.klDivergence(b)`. Throws ShapeError, DTypeError. */
    klDivergenceBackward(a: Tensor, b: Tensor, kl: Tensor, dim: number): Tensor;
  }
}

export const klDivergenceBackward = rowwise({
  name: "klDivergenceBackward",
  doc: "gradient of klDivergence by its first logits: g p (ln p − ln q − KL)",
  inputs: { g: "each", a: "row", b: "row", kl: "each" },
  params: ([, a], dim: number) => dimParams("klDivergenceBackward")([a], dim),
  result: "row",
  passes: () => ({ ...logSoftmaxPasses("a"), ...logSoftmaxPasses("b") }),
  value: `g * plogq(${logP("a")}, ${logP("a")} - ${logP("b")} - kl)`,
  functions: SOFTMAX_FUNCTIONS,
  reference({ g, a, b, kl }) {
    const lq = logSoftmaxRow(b);
    return logSoftmaxRow(a).map((lp, j) => g[0] * plogq(lp, lp - lq[j] - kl[0]));
  },
  flops: 12,
  saves: ["g", "a", "b", "kl"],
  // with d = ln p − ln q − KL: ∂/∂g = Σ h p d; ∂/∂KL = −g Σ h p; ∂/∂a = g p (v − Σ p v), v = h (d + 1);
  // ∂/∂b = g (q Σ h p − h p)
  vjp(h, { g, a, b, kl }, { params: { dim } }) {
    const kept = (t: Tensor) => t.reshape(keptShape(a.shape, dim));
    const [p, lq] = [a.softmax(dim), b.logSoftmax(dim)];
    const d = p.ne(0).where(a.logSoftmax(dim).sub(lq).sub(kept(kl)), 0); // where p is 0, p ln p is too
    const hp = h.mul(p);
    return [
      hp.mul(d).sum(dim),
      h.mul(d.add(1)).softmaxBackward(p, dim).mul(kept(g)),
      hp.logSoftmaxBackward(lq, dim).mul(kept(g)).neg(),
      hp.sum(dim).mul(g).neg(),
    ];
  },
  tolerance: ulp(32, 4e-6),
  samples: [
    { ...of([3], [3, 5], [3, 5], { shape: [3], range: [0, 1] }), args: [1] },
    { ...of([3, 7], [3, 5, 7], [3, 5, 7], { shape: [3, 7], range: [0, 1] }), args: [1] },
  ],
  errors: [{ ...of([3], [3, 5], [3, 4], [3]), args: [1], throws: "ShapeError" }],
});

// symmetricKLBackward: the gradient of symmetricKL with respect to the first of its two logits.
import { ulp } from "../tensor/op.js";
import type { Tensor } from "../tensor/tensor.js";
import { FAR_LOGITS, of } from "./lib/declare/sample.js";
import { dimParams, keptShape, rowwise } from "./lib/rows/rowwise.js";
import {
  DIVERGENCE_SLOPE,
  divergenceDistances,
  divergencePasses,
  divergenceSlope,
  logP,
  SOFTMAX_FUNCTIONS,
  softmaxRow,
} from "./lib/rows/softmaxPasses.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * g (p (ln p − ln q − KL(p ‖ q)) + p − q): `this` is the gradient of `a.symmetricKL(b)`. Throws ShapeError, DTypeError.
     * @internal
     */
    symmetricKLBackward(a: Tensor, b: Tensor, dim: number): Tensor;
  }
}

export const symmetricKLBackward = rowwise({
  name: "symmetricKLBackward",
  doc: "gradient of symmetricKL by its first logits: g (p (ln p − ln q − KL(p ‖ q)) + p − q)",
  inputs: { g: "each", a: "row", b: "row" },
  params: ([, a], dim: number) => dimParams("symmetricKLBackward")([a], dim),
  result: "row",
  passes: divergencePasses,
  value: `g * (${DIVERGENCE_SLOPE} + (exp32(${logP("a")}) - exp32(${logP("b")})))`,
  functions: SOFTMAX_FUNCTIONS,
  reference({ g, a, b }) {
    const [p, q] = [softmaxRow(a), softmaxRow(b)];
    return divergenceSlope(a, b).map((v, j) => g[0] * (v + p[j] - q[j]));
  },
  flops: 26,
  saves: ["g", "a", "b"],
  // with d = ln p − ln q − KL(p ‖ q) and J(h; p) = p (h − Σ h p), softmax's derivative: ∂/∂g = Σ h (p d + p − q);
  // ∂/∂a = g (J(h (d + 2); p) − p d Σ h p); ∂/∂b = −g (J(h; p) + J(h; q))
  vjp(h, { g, a, b }, { params: { dim } }) {
    const kept = (t: Tensor) => t.reshape(keptShape(a.shape, dim));
    const [p, q] = [a.softmax(dim), b.softmax(dim)];
    const d = divergenceDistances(a, b, dim);
    const pd = p.mul(d);
    const byA = h
      .mul(d.add(2))
      .softmaxBackward(p, dim)
      .sub(pd.mul(h.mul(p).sum(dim, true)));
    const byB = h.softmaxBackward(p, dim).add(h.softmaxBackward(q, dim)).neg();
    return [h.mul(pd.add(p).sub(q)).sum(dim), byA.mul(kept(g)), byB.mul(kept(g))];
  },
  tolerance: ulp(8, 2e-6),
  samples: [
    { ...of([3], [3, 5], [3, 5]), args: [1] },
    { ...of([2], [2, 1000], [2, 1000]), args: [1] },
    { ...of([3, 7], [3, 5, 7], [3, 5, 7]), args: [1] },
    { ...of([2], ...FAR_LOGITS), args: [1] },
  ],
  errors: [{ ...of([3], [3, 5], [3, 4]), args: [1], throws: "ShapeError" }],
});

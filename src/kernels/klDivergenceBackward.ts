// klDivergenceBackward: the gradient of klDivergence with respect to its first logits.
import { ulp } from "../tensor/op.js";
import type { Tensor } from "../tensor/tensor.js";
import { FAR_LOGITS, of } from "./lib/declare/sample.js";
import { dimParams, keptShape, rowwise } from "./lib/rows/rowwise.js";
import {
  DIVERGENCE_SLOPE,
  divergenceDistances,
  divergencePasses,
  divergenceSlope,
  SOFTMAX_FUNCTIONS,
} from "./lib/rows/softmaxPasses.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * g p (ln p − ln q − KL(p ‖ q)): `this` is the gradient g of `a.klDivergence(b)`. Throws ShapeError, DTypeError.
     * @internal
     */
    klDivergenceBackward(a: Tensor, b: Tensor, dim: number): Tensor;
  }
}

export const klDivergenceBackward = rowwise({
  name: "klDivergenceBackward",
  doc: "gradient of klDivergence by its first logits: g p (ln p − ln q − KL)",
  inputs: { g: "each", a: "row", b: "row" },
  params: ([, a], dim: number) => dimParams("klDivergenceBackward")([a], dim),
  result: "row",
  passes: divergencePasses,
  value: `g * ${DIVERGENCE_SLOPE}`,
  functions: SOFTMAX_FUNCTIONS,
  reference: ({ g, a, b }) => divergenceSlope(a, b).map((v) => g[0] * v),
  flops: 18,
  saves: ["g", "a", "b"],
  // with d = ln p − ln q − KL and J(h; p) = p (h − Σ h p), softmax's derivative: ∂/∂g = Σ h p d;
  // ∂/∂a = g (J(h (d + 1); p) − p d Σ h p); ∂/∂b = −g J(h; p)
  vjp(h, { g, a, b }, { params: { dim } }) {
    const kept = (t: Tensor) => t.reshape(keptShape(a.shape, dim));
    const p = a.softmax(dim);
    const d = divergenceDistances(a, b, dim);
    const pd = p.mul(d);
    const byA = h
      .mul(d.add(1))
      .softmaxBackward(p, dim)
      .sub(pd.mul(h.mul(p).sum(dim, true)));
    return [h.mul(pd).sum(dim), byA.mul(kept(g)), h.softmaxBackward(p, dim).mul(kept(g)).neg()];
  },
  tolerance: ulp(8, 1e-6),
  samples: [
    { ...of([3], [3, 5], [3, 5]), args: [1] },
    { ...of([3, 7], [3, 5, 7], [3, 5, 7]), args: [1] },
    { ...of([2], ...FAR_LOGITS), args: [1] },
  ],
  errors: [{ ...of([3], [3, 5], [3, 4]), args: [1], throws: "ShapeError" }],
});

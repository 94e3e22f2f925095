// logSoftmaxBackward: the gradient of logSoftmax with respect to its input, from its output.
import type { TensorInfo } from "../tensor/op.js";
import { of } from "./lib/declare/sample.js";
import { sumError } from "./lib/reduce/reduction.js";
import { dimParams, rowwise } from "./lib/rows/rowwise.js";
import { total } from "./lib/rows/softmaxPasses.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * g − p Σ g along `dim`, p = exp(logp): `this` is the gradient g of `logp = logSoftmax(x, dim)`. Throws ShapeError, DTypeError.
     * @internal
     */
    logSoftmaxBackward(logp: Tensor, dim: number): Tensor;
  }
}

export const logSoftmaxBackward = rowwise({
  name: "logSoftmaxBackward",
  doc: "gradient of logSoftmax: g − exp(logp) Σ g along a dimension",
  inputs: { g: "row", logp: "row" },
  params: dimParams("logSoftmaxBackward"),
  result: "row",
  passes: () => ({ sum_g: { state: "f32", init: "0.0", fold: "s + g", merge: "a + b" } }),
  value: "g - exp32(logp) * sum_g",
  reference({ g, logp }) {
    const sum = total(g);
    return g.map((v, i) => v - Math.exp(logp[i]) * sum);
  },
  flops: 4,
  saves: ["g", "logp"],
  // linear in g: ∂/∂g = h − Σ h p; ∂/∂logp = −h p Σ g
  vjp: (h, { g, logp }, { params: { dim } }) => {
    const p = logp.exp();
    return [h.sub(h.mul(p).sum(dim, true)), h.mul(p).mul(g.sum(dim, true)).neg()];
  },
  tolerance: ([g], { dim }) => ({ ulp: 16, abs: sumError((g as TensorInfo).shape[dim]) }), // a sum of normals
  samples: [
    { ...of([3, 5], { shape: [3, 5], range: [-5, 0] }), args: [1] },
    { ...of([2, 1024], { shape: [2, 1024], range: [-9, -5] }), args: [1] },
    { ...of([3, 5, 7], { shape: [3, 5, 7], range: [-5, 0] }), args: [1] },
  ],
  errors: [{ ...of([2, 3], [2, 4]), args: [1], throws: "ShapeError" }],
});

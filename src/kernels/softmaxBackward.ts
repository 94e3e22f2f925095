// softmaxBackward: the gradient of softmax with respect to its input, from its output.
import type { TensorInfo } from "../tensor/op.js";
import { of } from "./lib/declare/sample.js";
import { sumError } from "./lib/reduce/reduction.js";
import { dimParams, rowwise } from "./lib/rows/rowwise.js";
import { total } from "./lib/rows/softmaxPasses.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * p (g − Σ g p) along `dim`: `this` is the gradient g of `p = softmax(x, dim)`. Throws ShapeError, DTypeError.
     * @internal
     */
    softmaxBackward(p: Tensor, dim: number): Tensor;
  }
}

export const softmaxBackward = rowwise({
  name: "softmaxBackward",
  doc: "gradient of softmax: p (g − Σ g p) along a dimension",
  inputs: { g: "row", p: "row" },
  params: dimParams("softmaxBackward"),
  result: "row",
  passes: () => ({ dot: { state: "f32", init: "0.0", fold: "s + g * p", merge: "a + b" } }),
  value: "p * (g - dot)",
  reference({ g, p }) {
    const dot = total(g.map((v, i) => v * p[i]));
    return p.map((v, i) => v * (g[i] - dot));
  },
  flops: 4,
  saves: ["g", "p"],
  // linear in g: ∂/∂g is the same map; ∂/∂p = h (g − Σ g p) − g Σ h p
  vjp: (h, { g, p }, { params: { dim } }) => {
    const shifted = g.sub(g.mul(p).sum(dim, true));
    return [h.softmaxBackward(p, dim), h.mul(shifted).sub(g.mul(h.mul(p).sum(dim, true)))];
  },
  tolerance: ([g], { dim }) => ({ ulp: 8, abs: sumError((g as TensorInfo).shape[dim]) }), // a dot product of normals
  samples: [
    { ...of([3, 5], [3, 5]), args: [1] },
    { ...of([2, 1024], [2, 1024]), args: [1] },
    { ...of([3, 5, 7], [3, 5, 7]), args: [1] },
    { ...of([3, 0], [3, 0]), args: [1] },
  ],
  errors: [{ ...of([2, 3], [2, 4]), args: [1], throws: "ShapeError" }],
});

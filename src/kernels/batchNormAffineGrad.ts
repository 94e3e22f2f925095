// batchNormAffineGrad: the gradients of a batch normalisation with respect to its weight and bias.

import { defineOp, type SampleTensor, type TensorInfo } from "../tensor/op.js";
import { sizeOf } from "../tensor/shape.js";
import { epsOf } from "./lib/declare/checks.js";
import { isFloat } from "./lib/declare/draw.js";
import { benchImages, of } from "./lib/declare/sample.js";
import { checkSumsInputs, countOf, planesOf, sumsReference } from "./lib/norm/channelNorm.js";
import { gradientSums } from "./lib/norm/channelNormKernels.js";
import { normSumTolerance } from "./lib/norm/normTolerance.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * `[Σ g x̂, Σ g]` per channel, with x̂ = (x − center) / √(variance + ε), center `[C, 2]` in two parts and g `this`.
     * No derivative. Throws ShapeError, DTypeError.
     * @internal
     */
    batchNormAffineGrad(
      x: Tensor,
      center: Tensor,
      variance: Tensor,
      options: { eps: number },
    ): [weight: Tensor, bias: Tensor];
  }
}

export const batchNormAffineGrad = defineOp({
  name: "batchNormAffineGrad",
  doc: "gradients of batchNorm by weight and bias: Σ g x̂ and Σ g",
  inputs: ["g", "x", "center", "variance"],
  outputs: ["weight", "bias"],
  options: ["eps"],
  params: (_, options: { eps: number }) => ({ eps: epsOf("batchNormAffineGrad", options) }),
  infer(inputs) {
    const { channels } = checkSumsInputs("batchNormAffineGrad", inputs, null);
    return [
      { shape: [channels], dtype: "f32" },
      { shape: [channels], dtype: "f32" },
    ];
  },
  kernels({ inputs, params, caps }) {
    const planes = planesOf("batchNormAffineGrad", inputs[1] as TensorInfo, null);
    return gradientSums("batchNormAffineGrad", planes, "channel", params.eps, caps);
  },
  reference: (inputs, { eps }) =>
    sumsReference(planesOf("batchNormAffineGrad", inputs[1] as TensorInfo, null), inputs, eps, "channel"),
  noDerivative: "a fused gradient: where it is differentiated itself, its op's vjp takes differentiable ops instead",
  tolerance: ([g]) => normSumTolerance(countOf(planesOf("batchNormAffineGrad", g as TensorInfo, null))),
  cost: ([g]) => ({ flops: 4 * sizeOf((g as TensorInfo).shape) }),
  draw(g) {
    const channels = g.shape.slice(1, 2);
    const variance: SampleTensor = { shape: channels, range: [0.5, 2] };
    return isFloat(g, 2) ? { ...of(g, g.shape, [...channels, 2], variance), args: [{ eps: 1e-5 }] } : null;
  },
  samples: [
    { ...of([4, 3, 5, 5], [4, 3, 5, 5], [3, 2], { shape: [3], range: [0.5, 2] }), args: [{ eps: 1e-5 }] },
    { ...of([9, 1, 32, 32], [9, 1, 32, 32], [1, 2], { shape: [1], range: [0.5, 2] }), args: [{ eps: 1e-5 }] },
    { ...of([70, 3], [70, 3], [3, 2], { shape: [3], range: [0.5, 2] }), args: [{ eps: 1e-5 }] },
    { ...of([0, 3, 2], [0, 3, 2], [3, 2], { shape: [3], values: [Number.NaN, Number.NaN, 0] }), args: [{ eps: 1e-5 }] },
  ],
  errors: [{ ...of([4, 3, 5], [4, 3, 6], [3, 2], [3]), args: [{ eps: 1e-5 }], throws: "ShapeError" }],
  bench(size) {
    const images = benchImages(size);
    const channels = [images[1]];
    return { ...of(images, images, [...channels, 2], { shape: channels, range: [0.5, 2] }), args: [{ eps: 1e-5 }] };
  },
});

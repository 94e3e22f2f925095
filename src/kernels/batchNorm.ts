// batchNorm: normalises each channel over the batch, in training mode (Ioffe & Szegedy 2015).
import { defineOp, type TensorInfo } from "../tensor/op.js";
import { sizeOf } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { checkShapes, epsOf } from "./lib/declare/checks.js";
import { drawOptional, isFloat } from "./lib/declare/draw.js";
import { benchImages, of } from "./lib/declare/sample.js";
import { type ChannelNormOptions, normOutputs, normReference, planesOf } from "./lib/norm/channelNorm.js";
import { normPlan } from "./lib/norm/channelNormKernels.js";
import { normGradients, overPlanes } from "./lib/norm/normGradient.js";
import { normTolerance } from "./lib/norm/normTolerance.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * `[B, C, ...]` normalised per channel by the batch's own mean and biased variance, times weight `[C]` plus bias `[C]`.
     * Gives `[y, mean, variance, center]`: running statistics take variance · n / (n − 1), n = B · H · W; center `[C, 2]`, for the
     * gradients, is the mean in two parts, whose sum is more exact than an f32. Only y carries a gradient.
     * Throws ShapeError, DTypeError.
     */
    batchNorm(
      weight?: Tensor | null,
      bias?: Tensor | null,
      options?: ChannelNormOptions,
    ): [y: Tensor, mean: Tensor, variance: Tensor, center: Tensor];
  }
}

export const batchNorm = defineOp({
  name: "batchNorm",
  doc: "each channel normalised over the batch, with its mean and biased variance",
  inputs: ["x", "weight?", "bias?"],
  outputs: ["y", "mean", "variance", "center"],
  options: ["eps"],
  params: (_, options?: ChannelNormOptions) => ({ eps: epsOf("batchNorm", options) }),
  infer([x, weight, bias]) {
    const planes = planesOf("batchNorm", x as TensorInfo, null);
    checkShapes("batchNorm", { weight, bias }, { weight: [planes.channels], bias: [planes.channels] });
    return normOutputs(planes, x as TensorInfo);
  },
  kernels: (context) =>
    normPlan("batchNorm", planesOf("batchNorm", context.inputs[0] as TensorInfo, null), context.params.eps, context),
  reference: (inputs, { eps }) => normReference(planesOf("batchNorm", inputs[0] as TensorInfo, null), inputs, eps),
  saves: ["x", "weight", "center", "variance"],
  // with m elements a channel: ∂/∂weight = Σ g x̂, ∂/∂bias = Σ g, ∂/∂x = weight / σ · (g − Σ g / m − x̂ Σ g x̂ / m)
  vjp(g: Tensor, { x, weight, center, variance }, { params: { eps }, needs, createGraph }) {
    if (createGraph) {
      return normGradients(g, x, weight, { ...overPlanes(planesOf("batchNorm", x, null)), eps, centered: true });
    }
    const [dWeight, dBias] = g.batchNormAffineGrad(x, center, variance, { eps });
    const dx = needs.x ? g.batchNormInputGrad(x, weight, center, variance, dWeight, dBias, { eps }) : null;
    return [dx, dWeight, dBias];
  },
  tolerance: normTolerance,
  cost: ([x]) => ({ flops: 8 * sizeOf((x as TensorInfo).shape) }),
  draw(x, choose) {
    const [, channels] = x.shape;
    return isFloat(x, 2) ? of(x, drawOptional([channels], choose), drawOptional([channels], choose)) : null;
  },
  samples: [
    of([4, 3, 5, 5], [3], [3]),
    { ...of([2, 4, 6, 6], [4], [4]), args: [{ eps: 0.1 }] },
    of([2, 3, 4, 4], null, null),
    of([3, 2, 4], [2], null),
    of([70, 3], [3], [3]),
    of([9, 1, 32, 32], [1], [1]),
    of([0, 3, 2, 2], [3], [3]),
  ],
  errors: [
    { ...of([4], [4], [4]), throws: "ShapeError" },
    { ...of([2, 3, 4, 4], [4], [3]), throws: "ShapeError" },
    { ...of({ shape: [2, 3], dtype: "i32" }, null, null), throws: "DTypeError" },
    { ...of([4, 3], null, null), args: [{ eps: Number.NaN }], throws: "ConfigError" },
    { ...of([4, 3], null, null), args: [{ eps: -1 }], throws: "ConfigError" },
    { ...of([4, 3], null, null), args: [{ eps: "x" }], throws: "ConfigError" },
    { ...of([4, 3], null, null), args: [1e-5], throws: "ConfigError" },
  ],
  bench(size) {
    const images = benchImages(size);
    return of(images, [images[1]], [images[1]]);
  },
});

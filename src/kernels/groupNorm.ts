// groupNorm: normalises each sample over groups of channels (Wu & He 2018).
import { defineOp, type TensorInfo } from "../tensor/op.js";
import { sizeOf } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { checkShapes } from "./lib/declare/checks.js";
import { drawOptional, isFloat } from "./lib/declare/draw.js";
import { benchImages, of } from "./lib/declare/sample.js";
import { groupParams, normOutputs, normReference, planesOf } from "./lib/norm/channelNorm.js";
import { normPlan } from "./lib/norm/channelNormKernels.js";
import { normGradients, overPlanes } from "./lib/norm/normGradient.js";
import { normTolerance } from "./lib/norm/normTolerance.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * `[B, C, ...]` normalised per sample over each of `groups` equal groups of channels, times weight `[C]` plus bias `[C]`.
     * Gives `[y, mean, variance, center]`, the biased statistics `[B, groups]` and, for the gradients, the mean in two parts
     * `[B, groups, 2]`, whose sum is more exact than an f32; only y carries a gradient. Throws ShapeError, DTypeError,
     * and ConfigError where groups do not divide the channels.
     */
    groupNorm(
      weight: Tensor | null | undefined,
      bias: Tensor | null | undefined,
      options: GroupNormOptions,
    ): [y: Tensor, mean: Tensor, variance: Tensor, center: Tensor];
  }
}

/** Groups of channels, and what is added to variances. */
export interface GroupNormOptions {
  groups: number;
  /** Added to the variance; default 1e-5. */
  eps?: number;
}

export const groupNorm = defineOp({
  name: "groupNorm",
  doc: "each sample normalised over groups of channels, with their mean and biased variance",
  inputs: ["x", "weight?", "bias?"],
  outputs: ["y", "mean", "variance", "center"],
  options: ["groups", "eps"],
  params: (_, options: GroupNormOptions) => groupParams("groupNorm", options),
  infer([x, weight, bias], { groups }) {
    const planes = planesOf("groupNorm", x as TensorInfo, groups);
    checkShapes("groupNorm", { weight, bias }, { weight: [planes.channels], bias: [planes.channels] });
    return normOutputs(planes, x as TensorInfo);
  },
  kernels(context) {
    const { groups, eps } = context.params;
    return normPlan("groupNorm", planesOf("groupNorm", context.inputs[0] as TensorInfo, groups), eps, context);
  },
  reference: (inputs, { groups, eps }) =>
    normReference(planesOf("groupNorm", inputs[0] as TensorInfo, groups), inputs, eps),
  saves: ["x", "weight", "center", "variance"],
  // sums over planes serve all three: ∂/∂weight = Σ g x̂ and ∂/∂bias = Σ g over the batch; ∂/∂x see groupNormInputGrad
  vjp(g: Tensor, { x, weight, center, variance }, { params, needs, createGraph }) {
    if (createGraph) {
      const planes = planesOf("groupNorm", x, params.groups);
      return normGradients(g, x, weight, { ...overPlanes(planes), eps: params.eps, centered: true });
    }
    const [scaled, plain] = g.groupNormSums(x, center, variance, params);
    return [
      needs.x ? g.groupNormInputGrad(x, weight, center, variance, scaled, plain, params) : null,
      needs.weight ? scaled : null,
      needs.bias ? plain : null,
    ];
  },
  tolerance: normTolerance,
  cost: ([x]) => ({ flops: 8 * sizeOf((x as TensorInfo).shape) }),
  draw(x, choose) {
    const [, channels] = x.shape;
    if (!isFloat(x, 2) || channels === 0) return null;
    const affine = [drawOptional([channels], choose), drawOptional([channels], choose)];
    return { ...of(x, ...affine), args: [{ groups: choose(2) === 1 ? channels : 1 }] };
  },
  samples: [
    { ...of([2, 6, 5, 5], [6], [6]), args: [{ groups: 3 }] },
    { ...of([2, 8, 4, 4], [8], [8]), args: [{ groups: 4, eps: 0.1 }] },
    { ...of([3, 4, 7, 7], null, null), args: [{ groups: 1 }] },
    { ...of([3, 4, 6], [4], null), args: [{ groups: 4 }] },
    { ...of([5, 12], [12], [12]), args: [{ groups: 2 }] },
    { ...of([1, 2, 48, 48], [2], [2]), args: [{ groups: 1 }] },
    { ...of([0, 4, 2, 2], [4], [4]), args: [{ groups: 2 }] },
  ],
  errors: [
    { ...of([6], null, null), args: [{ groups: 3 }], throws: "ShapeError" },
    { ...of([2, 6, 5], null, null), args: [{ groups: 4 }], throws: "ConfigError" },
    { ...of([2, 6, 5], [3], null), args: [{ groups: 3 }], throws: "ShapeError" },
    { ...of([4, 6], null, null), args: [{ groups: 2, eps: -1 }], throws: "ConfigError" },
    { ...of([4, 6], null, null), args: [{ groups: 2, eps: Number.NaN }], throws: "ConfigError" },
  ],
  bench(size) {
    const images = benchImages(size);
    return { ...of(images, [images[1]], [images[1]]), args: [{ groups: 2 }] };
  },
});

// groupNormSums: what all gradients of groupNorm are made of, summed over each plane.
import { defineOp, type SampleTensor, type TensorInfo } from "../tensor/op.js";
import { sizeOf } from "../tensor/shape.js";
import { isFloat } from "./lib/declare/draw.js";
import { benchImages, of } from "./lib/declare/sample.js";
import { checkSumsInputs, groupParams, planesOf, sumsReference } from "./lib/norm/channelNorm.js";
import { gradientSums } from "./lib/norm/channelNormKernels.js";
import { normSumTolerance } from "./lib/norm/normTolerance.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * `[Σ g x̂, Σ g]` over each plane, `[B, C]`, with x̂ = (x − center) / √(variance + ε), center `[B, groups, 2]` in two
     * parts and g `this`.
     * No derivative. Throws ShapeError, DTypeError, ConfigError.
     * @internal
     */
    groupNormSums(
      x: Tensor,
      center: Tensor,
      variance: Tensor,
      options: { groups: number; eps: number },
    ): [scaled: Tensor, plain: Tensor];
  }
}

export const groupNormSums = defineOp({
  name: "groupNormSums",
  doc: "sums over planes for the gradients of groupNorm: Σ g x̂ and Σ g",
  inputs: ["g", "x", "center", "variance"],
  outputs: ["scaled", "plain"],
  options: ["groups", "eps"],
  params: (_, options: { groups: number; eps: number }) => groupParams("groupNormSums", options),
  infer(inputs, { groups }) {
    const { batch, channels } = checkSumsInputs("groupNormSums", inputs, groups);
    const sums = { shape: [batch, channels], dtype: "f32" as const };
    return [sums, sums];
  },
  kernels({ inputs, params: { groups, eps }, caps }) {
    const planes = planesOf("groupNormSums", inputs[1] as TensorInfo, groups);
    return gradientSums("groupNormSums", planes, "plane", eps, caps);
  },
  reference: (inputs, { groups, eps }) =>
    sumsReference(planesOf("groupNormSums", inputs[1] as TensorInfo, groups), inputs, eps, "plane"),
  noDerivative: "a fused gradient: where it is differentiated itself, its op's vjp takes differentiable ops instead",
  tolerance: ([g]) => normSumTolerance(sizeOf((g as TensorInfo).shape.slice(2))),
  cost: ([g]) => ({ flops: 4 * sizeOf((g as TensorInfo).shape) }),
  draw(g, choose) {
    const [batch, channels] = g.shape;
    if (!isFloat(g, 2) || channels === 0) return null;
    const groups = choose(2) === 1 ? channels : 1;
    const variance: SampleTensor = { shape: [batch, groups], range: [0.5, 2] };
    return { ...of(g, g.shape, [batch, groups, 2], variance), args: [{ groups, eps: 1e-5 }] };
  },
  samples: [
    {
      ...of([2, 6, 5, 5], [2, 6, 5, 5], [2, 3, 2], { shape: [2, 3], range: [0.5, 2] }),
      args: [{ groups: 3, eps: 1e-5 }],
    },
    { ...of([3, 4], [3, 4], [3, 2, 2], { shape: [3, 2], range: [0.5, 2] }), args: [{ groups: 2, eps: 1e-5 }] },
    {
      ...of([1, 1, 64, 64], [1, 1, 64, 64], [1, 1, 2], { shape: [1, 1], range: [0.5, 2] }),
      args: [{ groups: 1, eps: 1e-5 }],
    },
  ],
  errors: [{ ...of([2, 6, 5], [2, 6, 5], [2, 2, 2], [2, 3]), args: [{ groups: 3, eps: 1e-5 }], throws: "ShapeError" }],
  bench(size) {
    const images = benchImages(size);
    const groups = [images[0], 2];
    return {
      ...of(images, images, [...groups, 2], { shape: groups, range: [0.5, 2] }),
      args: [{ groups: 2, eps: 1e-5 }],
    };
  },
});

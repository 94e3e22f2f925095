// batchNormEval: batch normalisation in evaluation mode, with given statistics.
import { defineOp, type HostTensor, type TensorInfo, ulp } from "../tensor/op.js";
import { sizeOf } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { checkShapes, epsOf } from "./lib/declare/checks.js";
import { drawOptional, isFloat } from "./lib/declare/draw.js";
import { benchImages, of } from "./lib/declare/sample.js";
import { type ChannelNormOptions, eachElement, planesOf, statisticsShape } from "./lib/norm/channelNorm.js";
import { normalizePlanes } from "./lib/norm/channelNormKernels.js";
import { input } from "./lib/text/kernel.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * (x − mean) / √(variance + ε) · weight + bias per channel of `[B, C, ...]`, all four `[C]`. The statistics are
     * constants: no gradient reaches them. Throws ShapeError, DTypeError.
     */
    batchNormEval(
      mean: Tensor,
      variance: Tensor,
      weight?: Tensor | null,
      bias?: Tensor | null,
      options?: ChannelNormOptions,
    ): Tensor;
  }
}

export const batchNormEval = defineOp({
  name: "batchNormEval",
  doc: "each channel normalised by given mean and variance",
  inputs: ["x", "mean", "variance", "weight?", "bias?"],
  options: ["eps"],
  params: (_, options?: ChannelNormOptions) => ({ eps: epsOf("batchNormEval", options) }),
  infer([x, mean, variance, weight, bias]) {
    const shape = statisticsShape(planesOf("batchNormEval", x as TensorInfo, null));
    checkShapes(
      "batchNormEval",
      { mean, variance, weight, bias },
      { mean: shape, variance: shape, weight: shape, bias: shape },
    );
    return [x as TensorInfo];
  },
  kernels({ inputs, params, caps }) {
    const planes = planesOf("batchNormEval", inputs[0] as TensorInfo, null);
    const affine = { weight: inputs[3] ? input(3) : null, bias: inputs[4] ? input(4) : null };
    const own = { x: input(0), center: { type: "f32", operand: input(1) } as const, variance: input(2) };
    return {
      dispatches: [normalizePlanes({ label: "batchNormEval", planes, ...own, ...affine, eps: params.eps, caps })],
    };
  },
  reference(inputs, { eps }) {
    const [x, mean, variance, weight, bias] = inputs.map((t) => (t as HostTensor | null)?.data ?? []);
    const y = new Float64Array(x.length);
    eachElement(planesOf("batchNormEval", inputs[0] as TensorInfo, null), (at, _, c) => {
      y[at] = ((x[at] - mean[c]) / Math.sqrt(variance[c] + eps)) * (weight[c] ?? 1) + (bias[c] ?? 0);
    });
    return [y];
  },
  saves: ["x", "mean", "variance", "weight"],
  constants: ["mean", "variance"],
  // ∂/∂x = g weight / σ; ∂/∂weight = Σ g x̂; ∂/∂bias = Σ g
  vjp(g: Tensor, { x, mean, variance, weight }, { params: { eps }, needs, createGraph }) {
    const perChannel = [mean.size, ...x.shape.slice(2).map(() => 1)];
    const scale = () => {
      const inverse = variance.add(eps).rsqrt();
      return (weight ? inverse.mul(weight) : inverse).reshape(perChannel);
    };
    const dx = needs.x ? g.mul(scale()) : null;
    if (!needs.weight && !needs.bias) return [dx, null, null, null, null];
    if (createGraph) {
      // by ops: the fused sums have no derivative
      const normal = x.sub(mean.reshape(perChannel)).mul(variance.add(eps).rsqrt().reshape(perChannel));
      const summed = (t: Tensor) => t.sum([0, ...x.shape.slice(2).map((_, d) => d + 2)]);
      return [dx, null, null, summed(g.mul(normal)), summed(g)];
    }
    const center = mean.reshape([mean.size, 1]).pad([
      [0, 0],
      [0, 1],
    ]); // a given mean is all of it
    const [dWeight, dBias] = g.batchNormAffineGrad(x, center, variance, { eps });
    return [dx, null, null, dWeight, dBias];
  },
  tolerance: ulp(4, 2e-6), // as normTolerance, with a mean that is given
  cost: ([x]) => ({ flops: 4 * sizeOf((x as TensorInfo).shape) }),
  draw(x, choose) {
    const shape = x.shape.slice(1, 2);
    const affine = [drawOptional(shape, choose), drawOptional(shape, choose)];
    return isFloat(x, 2) ? of(x, shape, { shape, range: [0.5, 2] }, ...affine) : null;
  },
  samples: [
    of([4, 3, 5, 5], [3], { shape: [3], range: [0.5, 2] }, [3], [3]),
    { ...of([2, 3, 4], [3], { shape: [3], range: [0.5, 2] }, [3], [3]), args: [{ eps: 0.5 }] },
    { ...of([2, 4, 6, 6], [4], { shape: [4], range: [0, 2] }, null, null), args: [{ eps: 0.1 }] },
  ],
  errors: [
    { ...of([4], [4], [4], null, null), throws: "ShapeError" },
    { ...of([2, 3, 4], [3], [4], null, null), throws: "ShapeError" },
    { ...of([2, 3, 4], [3], { shape: [3], dtype: "i32" }, null, null), throws: "DTypeError" },
    { ...of([4, 3], [3], [3], null, null), args: [{ eps: Number.NaN }], throws: "ConfigError" },
  ],
  bench(size) {
    const images = benchImages(size);
    const channels = [images[1]];
    return of(images, channels, { shape: channels, range: [0.5, 2] }, channels, channels);
  },
});

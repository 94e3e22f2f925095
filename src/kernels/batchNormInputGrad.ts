// batchNormInputGrad: the gradient of batchNorm with respect to its input, from those by weight and bias.
import { defineOp, type HostTensor, type SampleTensor, type TensorInfo } from "../tensor/op.js";
import { sizeOf } from "../tensor/shape.js";
import { checkShapes, epsOf } from "./lib/declare/checks.js";
import { drawOptional, isFloat } from "./lib/declare/draw.js";
import { benchImages, of } from "./lib/declare/sample.js";
import { centersShape, countOf, eachElement, planesOf, statisticsShape } from "./lib/norm/channelNorm.js";
import { channelOf, perPlane, planeUniforms } from "./lib/norm/channelNormKernels.js";
import { DISTANCE, meansOf } from "./lib/norm/moments.js";
import { normGradientTolerance } from "./lib/norm/normTolerance.js";
import { rowKernel } from "./lib/rows/rowKernel.js";
import { f32, input, output } from "./lib/text/kernel.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * weight / σ · (g − (dBias + x̂ dWeight) / m) with σ = √(variance + ε), x̂ = (x − center) / σ, m elements a channel,
     * center `[C, 2]` in two parts and g `this`. No derivative. Throws ShapeError, DTypeError.
     * @internal
     */
    batchNormInputGrad(
      x: Tensor,
      weight: Tensor | null | undefined,
      center: Tensor,
      variance: Tensor,
      dWeight: Tensor,
      dBias: Tensor,
      options: { eps: number },
    ): Tensor;
  }
}

export const batchNormInputGrad = defineOp({
  name: "batchNormInputGrad",
  doc: "gradient of batchNorm by its input",
  inputs: ["g", "x", "weight?", "center", "variance", "dWeight", "dBias"],
  options: ["eps"],
  params: (_, options: { eps: number }) => ({ eps: epsOf("batchNormInputGrad", options) }),
  infer([g, x, weight, center, variance, dWeight, dBias]) {
    const planes = planesOf("batchNormInputGrad", x as TensorInfo, null);
    const shape = statisticsShape(planes);
    checkShapes(
      "batchNormInputGrad",
      { g, weight, center, variance, dWeight, dBias },
      {
        g: (x as TensorInfo).shape,
        weight: shape,
        center: centersShape(planes),
        variance: shape,
        dWeight: shape,
        dBias: shape,
      },
    );
    return [x as TensorInfo];
  },
  kernels({ inputs, params, caps }) {
    const planes = planesOf("batchNormInputGrad", inputs[1] as TensorInfo, null);
    const channel = channelOf("row");
    const dispatch = rowKernel({
      label: "batchNormInputGrad",
      rows: { outer: planes.batch * planes.channels, length: planes.size, inner: 1 },
      inputs: {
        g: { kind: "row", type: "f32", operand: input(0) },
        x: { kind: "row", type: "f32", operand: input(1) },
        ...(inputs[2] ? { weight: perPlane(input(2), channel) } : {}),
        center: perPlane(input(3), channel, "vec2f"),
        variance: perPlane(input(4), channel),
        d_weight: perPlane(input(5), channel),
        d_bias: perPlane(input(6), channel),
      },
      lets: {
        inverse: "inverseSqrt(variance + u.eps)",
        scale: inputs[2] ? "inverse * weight" : "inverse",
        offset: "d_bias * u.per_count",
        slope: "d_weight * u.per_count * inverse",
      },
      outputs: {
        dx: {
          kind: "row",
          type: "f32",
          operand: output(0),
          value: `scale * (g - offset - ${DISTANCE} * slope)`,
        },
      },
      uniforms: { eps: f32(params.eps), per_count: f32(1 / countOf(planes)), ...planeUniforms(planes) },
      caps,
    });
    return { dispatches: [dispatch] };
  },
  reference(inputs, { eps }) {
    const [g, x, weight, center, variance, dWeight, dBias] = inputs.map((t) => (t as HostTensor | null)?.data ?? []);
    const planes = planesOf("batchNormInputGrad", inputs[1] as TensorInfo, null);
    const mean = meansOf(center);
    const dx = new Float64Array(g.length);
    eachElement(planes, (at, _, c) => {
      const sigma = Math.sqrt(variance[c] + eps);
      const normal = (x[at] - mean[c]) / sigma;
      dx[at] = ((weight[c] ?? 1) / sigma) * (g[at] - (dBias[c] + normal * dWeight[c]) / countOf(planes));
    });
    return [dx];
  },
  noDerivative: "a fused gradient: where it is differentiated itself, its op's vjp takes differentiable ops instead",
  tolerance: normGradientTolerance,
  cost: ([g]) => ({ flops: 6 * sizeOf((g as TensorInfo).shape) }),
  draw(g, choose) {
    const channels = g.shape.slice(1, 2);
    const variance: SampleTensor = { shape: channels, range: [0.5, 2] };
    const weight = drawOptional(channels, choose);
    const inputs = of(g, g.shape, weight, [...channels, 2], variance, channels, channels);
    return isFloat(g, 2) ? { ...inputs, args: [{ eps: 1e-5 }] } : null;
  },
  samples: [
    {
      ...of([4, 3, 5, 5], [4, 3, 5, 5], [3], [3, 2], { shape: [3], range: [0.5, 2] }, [3], [3]),
      args: [{ eps: 1e-5 }],
    },
    { ...of([70, 3], [70, 3], null, [3, 2], { shape: [3], range: [0.5, 2] }, [3], [3]), args: [{ eps: 1e-5 }] },
  ],
  errors: [{ ...of([4, 3], [4, 3], [4], [3, 2], [3], [3], [3]), args: [{ eps: 1e-5 }], throws: "ShapeError" }],
  bench(size) {
    const images = benchImages(size);
    const channels = [images[1]];
    const variance = { shape: channels, range: [0.5, 2] as const };
    return { ...of(images, images, channels, [...channels, 2], variance, channels, channels), args: [{ eps: 1e-5 }] };
  },
});

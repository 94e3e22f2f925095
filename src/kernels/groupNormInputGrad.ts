// groupNormInputGrad: the gradient of groupNorm with respect to its input, from the sums over planes.
import { defineOp, type HostTensor, type SampleTensor, type TensorInfo } from "../tensor/op.js";
import { sizeOf } from "../tensor/shape.js";
import { checkShapes } from "./lib/declare/checks.js";
import { drawOptional, isFloat } from "./lib/declare/draw.js";
import { benchImages, of } from "./lib/declare/sample.js";
import { centersShape, countOf, eachElement, groupParams, planesOf, statisticsShape } from "./lib/norm/channelNorm.js";
import { channelOf, perPlane, planeUniforms, statisticOf } from "./lib/norm/channelNormKernels.js";
import { DISTANCE, meansOf } from "./lib/norm/moments.js";
import { normGradientTolerance } from "./lib/norm/normTolerance.js";
import { rowKernel } from "./lib/rows/rowKernel.js";
import { f32, input, output } from "./lib/text/kernel.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * (g w − (Σ g w + x̂ Σ g w x̂) / m) / σ with w the weight, σ = √(variance + ε), x̂ = (x − center) / σ, sums over the group's m
     * elements made of those over its planes (`groupNormSums`), center `[B, groups, 2]` in two parts and g `this`. No
     * derivative. Throws ShapeError, DTypeError, ConfigError.
     * @internal
     */
    groupNormInputGrad(
      x: Tensor,
      weight: Tensor | null | undefined,
      center: Tensor,
      variance: Tensor,
      scaled: Tensor,
      plain: Tensor,
      options: { groups: number; eps: number },
    ): Tensor;
  }
}

export const groupNormInputGrad = defineOp({
  name: "groupNormInputGrad",
  doc: "gradient of groupNorm by its input",
  inputs: ["g", "x", "weight?", "center", "variance", "scaled", "plain"],
  options: ["groups", "eps"],
  params: (_, options: { groups: number; eps: number }) => groupParams("groupNormInputGrad", options),
  infer([g, x, weight, center, variance, scaled, plain], { groups }) {
    const planes = planesOf("groupNormInputGrad", x as TensorInfo, groups);
    const { batch, channels } = planes;
    const statistics = statisticsShape(planes);
    checkShapes(
      "groupNormInputGrad",
      { g, weight, center, variance, scaled, plain },
      {
        g: (x as TensorInfo).shape,
        weight: [channels],
        center: centersShape(planes),
        variance: statistics,
        scaled: [batch, channels],
        plain: [batch, channels],
      },
    );
    return [x as TensorInfo];
  },
  kernels({ inputs, params: { groups, eps }, caps }) {
    const planes = planesOf("groupNormInputGrad", inputs[1] as TensorInfo, groups);
    const statistic = statisticOf(planes, "row");
    const weight = inputs[2] ? "weight_in[plane % u.channels]" : "1.0";
    const dispatch = rowKernel({
      label: "groupNormInputGrad",
      rows: { outer: planes.batch * planes.channels, length: planes.size, inner: 1 },
      inputs: {
        g: { kind: "row", type: "f32", operand: input(0) },
        x: { kind: "row", type: "f32", operand: input(1) },
        ...(inputs[2] ? { weight: perPlane(input(2), channelOf("row")) } : {}),
        center: perPlane(input(3), statistic, "vec2f"),
        variance: perPlane(input(4), statistic),
        scaled: perPlane(input(5), "row"),
        plain: perPlane(input(6), "row"),
      },
      passes: {
        // Σ g w x̂ and Σ g w over the group, from its planes
        sums: {
          state: "vec2f",
          init: "vec2f(0.0)",
          over: "u.per_group",
          fold: "s + plane_sums(row / u.per_group * u.per_group + j)",
          merge: "a + b",
        },
      },
      lets: {
        inverse: "inverseSqrt(variance + u.eps)",
        scale: inputs[2] ? "weight" : "1.0",
        offset: "sums.y * u.per_count",
        slope: "sums.x * u.per_count * inverse",
      },
      outputs: {
        dx: {
          kind: "row",
          type: "f32",
          operand: output(0),
          value: `inverse * (g * scale - offset - ${DISTANCE} * slope)`,
        },
      },
      functions: `fn plane_sums(plane: u32) -> vec2f { return ${weight} * vec2f(scaled_in[plane], plain_in[plane]); }`,
      uniforms: { eps: f32(eps), per_count: f32(1 / countOf(planes)), ...planeUniforms(planes) },
      caps,
    });
    return { dispatches: [dispatch] };
  },
  reference(inputs, { groups, eps }) {
    const [g, x, weight, center, variance, scaled, plain] = inputs.map((t) => (t as HostTensor | null)?.data ?? []);
    const planes = planesOf("groupNormInputGrad", inputs[1] as TensorInfo, groups);
    const mean = meansOf(center);
    const perGroup = planes.channels / groups;
    const sum = (of: ArrayLike<number>, s: number) => {
      const first = s * perGroup;
      return Array.from(
        { length: perGroup },
        (_, k) => of[first + k] * (weight[(first + k) % planes.channels] ?? 1),
      ).reduce((a, b) => a + b, 0);
    };
    const dx = new Float64Array(g.length);
    eachElement(planes, (at, _, c, s) => {
      const sigma = Math.sqrt(variance[s] + eps);
      const mixed = (sum(plain, s) + ((x[at] - mean[s]) / sigma) * sum(scaled, s)) / countOf(planes);
      dx[at] = (g[at] * (weight[c] ?? 1) - mixed) / sigma;
    });
    return [dx];
  },
  noDerivative: "a fused gradient: where it is differentiated itself, its op's vjp takes differentiable ops instead",
  tolerance: normGradientTolerance,
  cost: ([g]) => ({ flops: 6 * sizeOf((g as TensorInfo).shape) }),
  draw(g, choose) {
    const [batch, channels] = g.shape;
    if (!isFloat(g, 2) || channels === 0) return null;
    const groups = choose(2) === 1 ? channels : 1;
    const weight = drawOptional([channels], choose);
    const variance: SampleTensor = { shape: [batch, groups], range: [0.5, 2] };
    const planes = [batch, channels];
    return { ...of(g, g.shape, weight, [batch, groups, 2], variance, planes, planes), args: [{ groups, eps: 1e-5 }] };
  },
  samples: [
    {
      ...of([2, 6, 5, 5], [2, 6, 5, 5], [6], [2, 3, 2], { shape: [2, 3], range: [0.5, 2] }, [2, 6], [2, 6]),
      args: [{ groups: 3, eps: 1e-5 }],
    },
    {
      ...of([3, 4], [3, 4], null, [3, 2, 2], { shape: [3, 2], range: [0.5, 2] }, [3, 4], [3, 4]),
      args: [{ groups: 2, eps: 1e-5 }],
    },
  ],
  errors: [
    {
      ...of([2, 6, 5], [2, 6, 5], null, [2, 3, 2], [2, 3], [2, 3], [2, 6]),
      args: [{ groups: 3, eps: 1e-5 }],
      throws: "ShapeError",
    },
  ],
  bench(size) {
    const [b, c, h, w] = benchImages(size);
    const images = [b, c, h, w];
    const variance = { shape: [b, 2], range: [0.5, 2] as const };
    return { ...of(images, images, [c], [b, 2, 2], variance, [b, c], [b, c]), args: [{ groups: 2, eps: 1e-5 }] };
  },
});

// layerNormAffineGrad: the gradients of layerNorm with respect to its weight and bias.
import { defineOp, type HostTensor, type TensorInfo } from "../tensor/op.js";
import { sizeOf } from "../tensor/shape.js";
import { checkShapes } from "./lib/declare/checks.js";
import { of } from "./lib/declare/sample.js";
import { DISTANCE, meansOf } from "./lib/norm/moments.js";
import { normSumTolerance } from "./lib/norm/normTolerance.js";
import { checkDims, drawRowGradient, rowShapes } from "./lib/norm/rowNorm.js";
import { reduceKernels } from "./lib/reduce/reduceKernels.js";
import { reduceLayout } from "./lib/reduce/reduceLayout.js";
import { input, output, scratch } from "./lib/text/kernel.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * `[Σ g x̂, Σ g]` over rows, with x̂ = (x − center) rstd, center `[..., 2]` in two parts and g `this`. No derivative.
     * Throws ShapeError, DTypeError.
     * @internal
     */
    layerNormAffineGrad(x: Tensor, center: Tensor, rstd: Tensor, dims: number): [weight: Tensor, bias: Tensor];
  }
}

export const layerNormAffineGrad = defineOp({
  name: "layerNormAffineGrad",
  doc: "gradients of layerNorm by weight and bias: Σ g x̂ and Σ g over rows",
  inputs: ["g", "x", "center", "rstd"],
  outputs: ["weight", "bias"],
  params: ([, x], dims: number) => ({ dims: checkDims("layerNormAffineGrad", x as TensorInfo, null, dims) }),
  infer([g, x, center, rstd], { dims }) {
    const { normalized, statistics } = rowShapes("layerNormAffineGrad", x as TensorInfo, dims);
    checkShapes(
      "layerNormAffineGrad",
      { g, center, rstd },
      { g: (x as TensorInfo).shape, center: [...statistics, 2], rstd: statistics },
    );
    const sums = { shape: normalized, dtype: "f32" as const };
    return [sums, sums];
  },
  kernels({ inputs, params: { dims }, caps }) {
    const { rows } = rowShapes("layerNormAffineGrad", inputs[1] as TensorInfo, dims);
    const { dispatches, partialBytes } = reduceKernels({
      label: "layerNormAffineGrad",
      layout: reduceLayout([rows.outer, rows.length], [0]),
      elements: { g: { type: "f32", operand: input(0) }, x: { type: "f32", operand: input(1) } },
      along: { center: { type: "vec2f", operand: input(2) }, rstd: { type: "f32", operand: input(3) } },
      reducer: {
        state: "vec2f",
        init: "vec2f(0.0)",
        fold: `s + vec2f(g * ${DISTANCE} * rstd, g)`,
        merge: "a + b",
      },
      targets: [
        { type: "f32", operand: output(0), value: "s.x" },
        { type: "f32", operand: output(1), value: "s.y" },
      ],
      caps,
      partials: scratch(0),
    });
    return { dispatches, scratch: [partialBytes] };
  },
  reference(inputs, { dims }) {
    const { rows } = rowShapes("layerNormAffineGrad", inputs[1] as TensorInfo, dims);
    const [g, x, center, rstd] = inputs.map((t) => (t as HostTensor).data);
    const mean = meansOf(center);
    const weight = new Float64Array(rows.length);
    const bias = new Float64Array(rows.length);
    for (const [at, v] of g.entries()) {
      const r = Math.floor(at / rows.length);
      weight[at % rows.length] += v * (x[at] - mean[r]) * rstd[r];
      bias[at % rows.length] += v;
    }
    return [weight, bias];
  },
  noDerivative: "a fused gradient: where it is differentiated itself, its op's vjp takes differentiable ops instead",
  tolerance: ([x], { dims }) => normSumTolerance(rowShapes("layerNormAffineGrad", x as TensorInfo, dims).rows.outer),
  cost: ([g]) => ({ flops: 5 * sizeOf((g as TensorInfo).shape) }),
  draw(g, choose) {
    const c = drawRowGradient(g, choose);
    return c && { ...of(g, c.x, c.center, c.rstd), args: c.args };
  },
  samples: [
    { ...of([4, 7], [4, 7], [4, 2], { shape: [4], range: [0.5, 2] }), args: [1] },
    { ...of([3, 4, 5], [3, 4, 5], [3, 2], { shape: [3], range: [0.5, 2] }), args: [2] },
    { ...of([4100, 3], [4100, 3], [4100, 2], { shape: [4100], range: [0.5, 2] }), args: [1] },
    { ...of([6], [6], [2], { shape: [], range: [0.5, 2] }), args: [1] },
    { ...of([0, 4], [0, 4], [0, 2], [0]), args: [1] },
  ],
  errors: [{ ...of([4, 7], [4, 7], [3, 2], [4]), args: [1], throws: "ShapeError" }],
  bench(size) {
    const rows = [size, size];
    const center = { shape: [size, 2], range: [-0.1, 0.1] as const }; // of rows of normals
    return { ...of(rows, rows, center, { shape: [size], range: [0.5, 2] }), args: [1] };
  },
});

// rmsNormWeightGrad: the gradient of rmsNorm with respect to its weight.
import { defineOp, type HostTensor, type TensorInfo } from "../tensor/op.js";
import { sizeOf } from "../tensor/shape.js";
import { checkShapes } from "./lib/declare/checks.js";
import { of } from "./lib/declare/sample.js";
import { normSumTolerance } from "./lib/norm/normTolerance.js";
import { checkDims, drawRowGradient, rowShapes } from "./lib/norm/rowNorm.js";
import { reduceKernels } from "./lib/reduce/reduceKernels.js";
import { reduceLayout } from "./lib/reduce/reduceLayout.js";
import { input, output, scratch } from "./lib/text/kernel.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * Σ g x rstd over rows, with g `this`. No derivative. Throws ShapeError, DTypeError.
     * @internal
     */
    rmsNormWeightGrad(x: Tensor, rstd: Tensor, dims: number): Tensor;
  }
}

export const rmsNormWeightGrad = defineOp({
  name: "rmsNormWeightGrad",
  doc: "gradient of rmsNorm by its weight: Σ g x rstd over rows",
  inputs: ["g", "x", "rstd"],
  params: ([, x], dims: number) => ({ dims: checkDims("rmsNormWeightGrad", x as TensorInfo, null, dims) }),
  infer([g, x, rstd], { dims }) {
    const { normalized, statistics } = rowShapes("rmsNormWeightGrad", x as TensorInfo, dims);
    checkShapes("rmsNormWeightGrad", { g, rstd }, { g: (x as TensorInfo).shape, rstd: statistics });
    return [{ shape: normalized, dtype: "f32" }];
  },
  kernels({ inputs, params: { dims }, caps }) {
    const { rows } = rowShapes("rmsNormWeightGrad", inputs[1] as TensorInfo, dims);
    const { dispatches, partialBytes } = reduceKernels({
      label: "rmsNormWeightGrad",
      layout: reduceLayout([rows.outer, rows.length], [0]),
      elements: { g: { type: "f32", operand: input(0) }, x: { type: "f32", operand: input(1) } },
      along: { rstd: { type: "f32", operand: input(2) } },
      reducer: { state: "f32", init: "0.0", fold: "s + g * x * rstd", merge: "a + b" },
      targets: [{ type: "f32", operand: output(0), value: "s" }],
      caps,
      partials: scratch(0),
    });
    return { dispatches, scratch: [partialBytes] };
  },
  reference(inputs, { dims }) {
    const { rows } = rowShapes("rmsNormWeightGrad", inputs[1] as TensorInfo, dims);
    const [g, x, rstd] = inputs.map((t) => (t as HostTensor).data);
    const weight = new Float64Array(rows.length);
    for (const [at, v] of g.entries()) weight[at % rows.length] += v * x[at] * rstd[Math.floor(at / rows.length)];
    return [weight];
  },
  noDerivative: "a fused gradient: where it is differentiated itself, its op's vjp takes differentiable ops instead",
  tolerance: ([x], { dims }) => normSumTolerance(rowShapes("rmsNormWeightGrad", x as TensorInfo, dims).rows.outer),
  cost: ([g]) => ({ flops: 3 * sizeOf((g as TensorInfo).shape) }),
  draw(g, choose) {
    const c = drawRowGradient(g, choose);
    return c && { ...of(g, c.x, c.rstd), args: c.args };
  },
  samples: [
    { ...of([4, 7], [4, 7], { shape: [4], range: [0.5, 2] }), args: [1] },
    { ...of([3, 4, 5], [3, 4, 5], { shape: [3], range: [0.5, 2] }), args: [2] },
    { ...of([4100, 3], [4100, 3], { shape: [4100], range: [0.5, 2] }), args: [1] },
  ],
  errors: [{ ...of([4, 7], [4, 7], [3]), args: [1], throws: "ShapeError" }],
});

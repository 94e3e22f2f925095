// rmsNormInputGrad: the gradient of rmsNorm with respect to its input.
import { defineOp, type HostTensor, type TensorInfo } from "../tensor/op.js";
import { sizeOf } from "../tensor/shape.js";
import { checkShapes } from "./lib/declare/checks.js";
import { of } from "./lib/declare/sample.js";
import { normGradientTolerance } from "./lib/norm/normTolerance.js";
import { checkDims, columnOf, drawRowGradient, eachOf, hostRow, meanOf, rowOf, rowShapes } from "./lib/norm/rowNorm.js";
import { rowKernel } from "./lib/rows/rowKernel.js";
import { f32, input, output } from "./lib/text/kernel.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * (h − x̂ mean(h x̂)) rstd per row, with h = g · weight, x̂ = x rstd and g `this`. No derivative. Throws ShapeError, DTypeError.
     * @internal
     */
    rmsNormInputGrad(x: Tensor, weight: Tensor | null | undefined, rstd: Tensor, dims: number): Tensor;
  }
}

export const rmsNormInputGrad = defineOp({
  name: "rmsNormInputGrad",
  doc: "gradient of rmsNorm by its input",
  inputs: ["g", "x", "weight?", "rstd"],
  params: ([, x], dims: number) => ({ dims: checkDims("rmsNormInputGrad", x as TensorInfo, null, dims) }),
  infer([g, x, weight, rstd], { dims }) {
    const { normalized, statistics } = rowShapes("rmsNormInputGrad", x as TensorInfo, dims);
    const shapes = { g: (x as TensorInfo).shape, weight: normalized, rstd: statistics };
    checkShapes("rmsNormInputGrad", { g, weight, rstd }, shapes);
    return [x as TensorInfo];
  },
  kernels({ inputs, params: { dims }, caps }) {
    const { rows } = rowShapes("rmsNormInputGrad", inputs[1] as TensorInfo, dims);
    const h = inputs[2] ? "g * weight" : "g";
    const dispatch = rowKernel({
      label: "rmsNormInputGrad",
      rows,
      inputs: {
        g: rowOf(input(0)),
        x: rowOf(input(1)),
        ...(inputs[2] ? { weight: columnOf(input(2)) } : {}),
        rstd: eachOf(input(3)),
      },
      passes: { dot: { state: "f32", init: "0.0", fold: `s + ${h} * x`, merge: "a + b" } },
      lets: { slope: "dot * u.per_length * rstd * rstd" },
      outputs: { dx: { ...rowOf(output(0)), value: `(${h} - x * slope) * rstd` } },
      uniforms: { per_length: f32(1 / rows.length) },
      caps,
    });
    return { dispatches: [dispatch] };
  },
  reference(inputs, { dims }) {
    const { rows } = rowShapes("rmsNormInputGrad", inputs[1] as TensorInfo, dims);
    const [g, x, weight, rstd] = inputs.map((t) => (t as HostTensor | null)?.data ?? new Float64Array(0));
    const dx = new Float64Array(x.length);
    for (let r = 0; r < rows.outer; r++) {
      const h = hostRow(g, r, rows.length).map((v, j) => v * (weight[j] ?? 1));
      const normal = hostRow(x, r, rows.length).map((v) => v * rstd[r]);
      const scaled = meanOf(rows.length, (j) => h[j] * normal[j]);
      for (const [j, v] of h.entries()) dx[r * rows.length + j] = (v - normal[j] * scaled) * rstd[r];
    }
    return [dx];
  },
  noDerivative: "a fused gradient: where it is differentiated itself, its op's vjp takes differentiable ops instead",
  tolerance: normGradientTolerance,
  cost: ([g]) => ({ flops: 7 * sizeOf((g as TensorInfo).shape) }),
  draw(g, choose) {
    const c = drawRowGradient(g, choose);
    return c && { ...of(g, c.x, c.weight, c.rstd), args: c.args };
  },
  samples: [
    { ...of([4, 7], [4, 7], [7], { shape: [4], range: [0.5, 2] }), args: [1] },
    { ...of([3, 4, 5], [3, 4, 5], null, { shape: [3], range: [0.5, 2] }), args: [2] },
  ],
  errors: [{ ...of([4, 7], [4, 8], [8], [4]), args: [1], throws: "ShapeError" }],
});

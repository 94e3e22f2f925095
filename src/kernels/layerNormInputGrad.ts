// layerNormInputGrad: the gradient of layerNorm with respect to its input.
import { defineOp, type HostTensor, type TensorInfo } from "../tensor/op.js";
import { sizeOf } from "../tensor/shape.js";
import { checkShapes } from "./lib/declare/checks.js";
import { of } from "./lib/declare/sample.js";
import { DISTANCE, meansOf } from "./lib/norm/moments.js";
import { normGradientTolerance } from "./lib/norm/normTolerance.js";
import { checkDims, columnOf, drawRowGradient, eachOf, hostRow, meanOf, rowOf, rowShapes } from "./lib/norm/rowNorm.js";
import { rowKernel } from "./lib/rows/rowKernel.js";
import { f32, input, output } from "./lib/text/kernel.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * (h − mean(h) − x̂ mean(h x̂)) rstd per row, with h = g · weight, x̂ = (x − center) rstd, center `[..., 2]` in two parts
     * and g `this`. No derivative. Throws ShapeError, DTypeError.
     * @internal
     */
    layerNormInputGrad(
      x: Tensor,
      weight: Tensor | null | undefined,
      center: Tensor,
      rstd: Tensor,
      dims: number,
    ): Tensor;
  }
}

export const layerNormInputGrad = defineOp({
  name: "layerNormInputGrad",
  doc: "gradient of layerNorm by its input",
  inputs: ["g", "x", "weight?", "center", "rstd"],
  params: ([, x], dims: number) => ({ dims: checkDims("layerNormInputGrad", x as TensorInfo, null, dims) }),
  infer([g, x, weight, center, rstd], { dims }) {
    const { normalized, statistics } = rowShapes("layerNormInputGrad", x as TensorInfo, dims);
    checkShapes(
      "layerNormInputGrad",
      { g, weight, center, rstd },
      { g: (x as TensorInfo).shape, weight: normalized, center: [...statistics, 2], rstd: statistics },
    );
    return [x as TensorInfo];
  },
  kernels({ inputs, params: { dims }, caps }) {
    const { rows } = rowShapes("layerNormInputGrad", inputs[1] as TensorInfo, dims);
    const h = inputs[2] ? "g * weight" : "g";
    const dispatch = rowKernel({
      label: "layerNormInputGrad",
      rows,
      inputs: {
        g: rowOf(input(0)),
        x: rowOf(input(1)),
        ...(inputs[2] ? { weight: columnOf(input(2)) } : {}),
        center: eachOf(input(3), "vec2f"),
        rstd: eachOf(input(4)),
      },
      passes: {
        // mean(h) and mean(h x̂) / σ
        means: {
          state: "vec2f",
          init: "vec2f(0.0)",
          fold: `s + ${h} * vec2f(1.0, ${DISTANCE})`,
          merge: "a + b",
          finish: "s * u.per_length * vec2f(1.0, rstd * rstd)",
        },
      },
      outputs: { dx: { ...rowOf(output(0)), value: `(${h} - means.x - ${DISTANCE} * means.y) * rstd` } },
      uniforms: { per_length: f32(1 / rows.length) },
      caps,
    });
    return { dispatches: [dispatch] };
  },
  reference(inputs, { dims }) {
    const { rows } = rowShapes("layerNormInputGrad", inputs[1] as TensorInfo, dims);
    const [g, x, weight, center, rstd] = inputs.map((t) => (t as HostTensor | null)?.data ?? new Float64Array(0));
    const mean = meansOf(center);
    const dx = new Float64Array(x.length);
    for (let r = 0; r < rows.outer; r++) {
      const h = hostRow(g, r, rows.length).map((v, j) => v * (weight[j] ?? 1));
      const normal = hostRow(x, r, rows.length).map((v) => (v - mean[r]) * rstd[r]);
      const plain = meanOf(rows.length, (j) => h[j]);
      const scaled = meanOf(rows.length, (j) => h[j] * normal[j]);
      for (const [j, v] of h.entries()) dx[r * rows.length + j] = (v - plain - normal[j] * scaled) * rstd[r];
    }
    return [dx];
  },
  noDerivative: "a fused gradient: where it is differentiated itself, its op's vjp takes differentiable ops instead",
  tolerance: normGradientTolerance,
  cost: ([g]) => ({ flops: 11 * sizeOf((g as TensorInfo).shape) }),
  draw(g, choose) {
    const c = drawRowGradient(g, choose);
    return c && { ...of(g, c.x, c.weight, c.center, c.rstd), args: c.args };
  },
  samples: [
    { ...of([4, 7], [4, 7], [7], [4, 2], { shape: [4], range: [0.5, 2] }), args: [1] },
    { ...of([3, 4, 5], [3, 4, 5], null, [3, 2], { shape: [3], range: [0.5, 2] }), args: [2] },
  ],
  errors: [{ ...of([4, 7], [4, 8], [8], [4, 2], [4]), args: [1], throws: "ShapeError" }],
  bench(size) {
    const rows = [size, size];
    const center = { shape: [size, 2], range: [-0.1, 0.1] as const }; // of rows of normals
    return { ...of(rows, rows, [size], center, { shape: [size], range: [0.5, 2] }), args: [1] };
  },
});

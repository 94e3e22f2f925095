// layerNorm: normalises each row, made of the last dimensions (Ba et al. 2016).

import { defineOp, type HostTensor, type TensorInfo } from "../tensor/op.js";
import { given } from "../tensor/options.js";
import { sizeOf } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { checkShapes, epsOf } from "./lib/declare/checks.js";
import { drawOptional } from "./lib/declare/draw.js";
import { of } from "./lib/declare/sample.js";
import { isInfinite, nanOf, overflows, partsOf } from "./lib/norm/moments.js";
import { normGradients, overRows } from "./lib/norm/normGradient.js";
import { normTolerance } from "./lib/norm/normTolerance.js";
import {
  checkDims,
  columnOf,
  drawRows,
  eachOf,
  hostRow,
  meanOf,
  type RowNormOptions,
  rowOf,
  rowShapes,
} from "./lib/norm/rowNorm.js";
import { rowKernel } from "./lib/rows/rowKernel.js";
import { f32, input, output } from "./lib/text/kernel.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * Each row of the last `dims` dimensions less its mean, over its standard deviation (biased), times weight plus bias, both
     * of the rows' shape. Gives `[y, mean, rstd, center]`, statistics one a row and, for the gradients, the mean in two parts
     * `[..., 2]`, whose sum is more exact than an f32; only y carries a gradient. Throws ShapeError, DTypeError, ConfigError.
     */
    layerNorm(
      weight?: Tensor | null,
      bias?: Tensor | null,
      options?: RowNormOptions,
    ): [y: Tensor, mean: Tensor, rstd: Tensor, center: Tensor];
  }
}

export const layerNorm = defineOp({
  name: "layerNorm",
  doc: "each row normalised by its mean and standard deviation",
  inputs: ["x", "weight?", "bias?"],
  outputs: ["y", "mean", "rstd", "center"],
  options: ["dims", "eps"],
  params: ([x, weight], options?: RowNormOptions) => ({
    dims: checkDims("layerNorm", x as TensorInfo, weight, given("layerNorm", options).dims),
    eps: epsOf("layerNorm", options),
  }),
  infer([x, weight, bias], { dims }) {
    const { normalized, statistics } = rowShapes("layerNorm", x as TensorInfo, dims);
    checkShapes("layerNorm", { weight, bias }, { weight: normalized, bias: normalized });
    const statistic = { shape: statistics, dtype: "f32" as const };
    return [x as TensorInfo, statistic, statistic, { shape: [...statistics, 2], dtype: "f32" }];
  },
  kernels({ inputs, params: { dims, eps }, caps }) {
    const { rows } = rowShapes("layerNorm", inputs[0] as TensorInfo, dims);
    const dispatch = rowKernel({
      label: "layerNorm",
      rows,
      inputs: {
        x: rowOf(input(0)),
        ...(inputs[1] ? { weight: columnOf(input(1)) } : {}),
        ...(inputs[2] ? { bias: columnOf(input(2)) } : {}),
      },
      passes: {
        // divided, not multiplied: x − s · c may become a fused operation, with another mean than the one kept
        rough: { state: "f32", init: "0.0", fold: "s + x", merge: "a + b", finish: "s / f32(u.length)" },
        // means of d and d², d being the distance to the rough mean: they give the variance and what that mean lost to rounding
        distances: {
          state: "vec2f",
          init: "vec2f(0.0)",
          fold: "s + vec2f(x - rough, (x - rough) * (x - rough))",
          merge: "a + b",
          finish: "s * u.per_length",
        },
      },
      lets: {
        // NaN where squares overflow, as in PyTorch
        rstd: `select(inverseSqrt(distances.y - distances.x * distances.x + u.eps), ${nanOf("distances.y")}, ${isInfinite("distances.y")})`,
      },
      outputs: {
        y: {
          ...rowOf(output(0)),
          value: `(x - rough - distances.x) * rstd${inputs[1] ? " * weight" : ""}${inputs[2] ? " + bias" : ""}`,
        },
        mean: { ...eachOf(output(1)), value: "rough + distances.x" },
        rstd: { ...eachOf(output(2)), value: "rstd" },
        center: { ...eachOf(output(3), "vec2f"), value: "vec2f(rough, distances.x)" },
      },
      uniforms: { per_length: f32(1 / rows.length), eps: f32(eps) },
      caps,
    });
    return { dispatches: [dispatch] };
  },
  reference([x, weight, bias], { dims, eps }) {
    const { rows } = rowShapes("layerNorm", x as TensorInfo, dims);
    const { data } = x as HostTensor;
    const y = new Float64Array(data.length);
    const mean = new Float64Array(rows.outer);
    const rstd = new Float64Array(rows.outer);
    for (let r = 0; r < rows.outer; r++) {
      const row = hostRow(data, r, rows.length);
      mean[r] = meanOf(rows.length, (j) => row[j]);
      const variance = meanOf(rows.length, (j) => (row[j] - mean[r]) ** 2);
      rstd[r] = overflows(variance * rows.length) ? Number.NaN : 1 / Math.sqrt(variance + eps);
      for (const [j, v] of row.entries()) {
        y[r * rows.length + j] = (v - mean[r]) * rstd[r] * (weight?.data[j] ?? 1) + (bias?.data[j] ?? 0);
      }
    }
    return [y, mean, rstd, partsOf(mean)];
  },
  saves: ["x", "weight", "center", "rstd"],
  // over rows: ∂/∂weight = Σ g x̂, ∂/∂bias = Σ g; ∂/∂x see layerNormInputGrad
  vjp(g: Tensor, { x, weight, center, rstd }, { params: { dims, eps }, needs, createGraph }) {
    if (createGraph) return normGradients(g, x, weight, { ...overRows(x.shape, dims), eps, centered: true });
    const affine = needs.weight || needs.bias ? g.layerNormAffineGrad(x, center, rstd, dims) : [null, null];
    return [needs.x ? g.layerNormInputGrad(x, weight, center, rstd, dims) : null, ...affine];
  },
  tolerance: normTolerance,
  cost: ([x]) => ({ flops: 8 * sizeOf((x as TensorInfo).shape) }),
  draw(x, choose) {
    const rows = drawRows(x, choose);
    return rows && { ...of(x, drawOptional(rows, choose), drawOptional(rows, choose)), args: [{ dims: rows.length }] };
  },
  samples: [
    of([4, 7], [7], [7]),
    { ...of([3, 2, 5], [2, 5], [2, 5]), args: [{ dims: 2, eps: 0.1 }] },
    { ...of([3, 2, 64], [64], [64]), args: [{ eps: 1e-6 }] },
    { ...of([3, 4, 5], [4, 5], [4, 5]), args: [{ dims: 2 }] },
    of([5, 33], null, null),
    of([2, 1030], [1030], null),
    of([9], [9], [9]),
    of([0, 4], [4], [4]),
    of([2, 1025], [1025], [1025]),
  ],
  errors: [
    { ...of([2, 3], [4], null), throws: "ShapeError" },
    { ...of([2, 3], null, null), args: [{ dims: 3 }], throws: "ConfigError" },
    { ...of([2, 0], null, null), throws: "ShapeError" },
    { ...of({ shape: [2, 3], dtype: "i32" }, null, null), throws: "DTypeError" },
    { ...of([4, 6], null, null), args: [{ eps: -1 }], throws: "ConfigError" },
    { ...of([4, 6], null, null), args: [{ eps: Number.NaN }], throws: "ConfigError" },
  ],
});

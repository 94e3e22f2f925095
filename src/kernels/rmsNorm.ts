// rmsNorm: each row over its root mean square (Zhang & Sennrich 2019).

import { defineOp, type HostTensor, type TensorInfo } from "../tensor/op.js";
import { given } from "../tensor/options.js";
import { sizeOf } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { checkShapes, epsOf } from "./lib/declare/checks.js";
import { drawOptional } from "./lib/declare/draw.js";
import { of } from "./lib/declare/sample.js";
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
     * Each row of the last `dims` dimensions over √(mean of squares + ε), times weight. Gives `[y, rstd]`, one inverse root a
     * row; only y carries a gradient. Throws ShapeError, DTypeError, ConfigError.
     */
    rmsNorm(weight?: Tensor | null, options?: RowNormOptions): [y: Tensor, rstd: Tensor];
  }
}

export const rmsNorm = defineOp({
  name: "rmsNorm",
  doc: "each row over its root mean square",
  inputs: ["x", "weight?"],
  outputs: ["y", "rstd"],
  options: ["dims", "eps"],
  params: ([x, weight], options?: RowNormOptions) => ({
    dims: checkDims("rmsNorm", x as TensorInfo, weight, given("rmsNorm", options).dims),
    eps: epsOf("rmsNorm", options),
  }),
  infer([x, weight], { dims }) {
    const { normalized, statistics } = rowShapes("rmsNorm", x as TensorInfo, dims);
    checkShapes("rmsNorm", { weight }, { weight: normalized });
    return [x as TensorInfo, { shape: statistics, dtype: "f32" }];
  },
  kernels({ inputs, params: { dims, eps }, caps }) {
    const { rows } = rowShapes("rmsNorm", inputs[0] as TensorInfo, dims);
    const dispatch = rowKernel({
      label: "rmsNorm",
      rows,
      inputs: { x: rowOf(input(0)), ...(inputs[1] ? { weight: columnOf(input(1)) } : {}) },
      passes: { square: { state: "f32", init: "0.0", fold: "s + x * x", merge: "a + b" } },
      lets: { rstd: "inverseSqrt(square * u.per_length + u.eps)" },
      outputs: {
        y: { ...rowOf(output(0)), value: inputs[1] ? "x * rstd * weight" : "x * rstd" },
        rstd: { ...eachOf(output(1)), value: "rstd" },
      },
      uniforms: { per_length: f32(1 / rows.length), eps: f32(eps) },
      caps,
    });
    return { dispatches: [dispatch] };
  },
  reference([x, weight], { dims, eps }) {
    const { rows } = rowShapes("rmsNorm", x as TensorInfo, dims);
    const { data } = x as HostTensor;
    const y = new Float64Array(data.length);
    const rstd = new Float64Array(rows.outer);
    for (let r = 0; r < rows.outer; r++) {
      const row = hostRow(data, r, rows.length);
      rstd[r] = 1 / Math.sqrt(meanOf(rows.length, (j) => row[j] ** 2) + eps);
      for (const [j, v] of row.entries()) y[r * rows.length + j] = v * rstd[r] * (weight?.data[j] ?? 1);
    }
    return [y, rstd];
  },
  saves: ["x", "weight", "rstd"],
  // over rows: ∂/∂weight = Σ g x rstd; ∂/∂x see rmsNormInputGrad
  vjp(g: Tensor, { x, weight, rstd }, { params: { dims, eps }, needs, createGraph }) {
    if (createGraph)
      return normGradients(g, x, weight, { ...overRows(x.shape, dims), eps, centered: false }).slice(0, 2);
    return [
      needs.x ? g.rmsNormInputGrad(x, weight, rstd, dims) : null,
      needs.weight ? g.rmsNormWeightGrad(x, rstd, dims) : null,
    ];
  },
  tolerance: normTolerance,
  cost: ([x]) => ({ flops: 4 * sizeOf((x as TensorInfo).shape) }),
  draw(x, choose) {
    const rows = drawRows(x, choose);
    return rows && { ...of(x, drawOptional(rows, choose)), args: [{ dims: rows.length }] };
  },
  samples: [
    of([4, 7], [7]),
    { ...of([3, 2, 5], [2, 5]), args: [{ dims: 2, eps: 0.1 }] },
    { ...of([3, 2, 64], [64]), args: [{ eps: 1e-6 }] },
    of([3, 4, 5], [4, 5]),
    of([2, 1030], null),
  ],
  errors: [
    { ...of([2, 3], [4]), throws: "ShapeError" },
    { ...of([2, 3], null), args: [{ dims: 0 }], throws: "ConfigError" },
    { ...of([4, 6], null), args: [{ eps: -1 }], throws: "ConfigError" },
    { ...of([4, 6], null), args: [{ eps: Number.NaN }], throws: "ConfigError" },
  ],
});

// var: variance along dimensions, in two passes.
import { checkFlag, checkNumber } from "../tensor/arguments.js";
import type { TensorInfo } from "../tensor/op.js";
import { given } from "../tensor/options.js";
import { normalizeDims, reducedShape, type Shape } from "../tensor/shape.js";
import { drawDims } from "./lib/declare/draw.js";
import { of } from "./lib/declare/sample.js";
import { meanReducer, varianceReducer } from "./lib/norm/moments.js";
import { reduceLayout } from "./lib/reduce/reduceLayout.js";
import { type ReductionParams, reduction, sumError } from "./lib/reduce/reduction.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * Variance Σ(x − mean)² / (n − correction) over `dims` (default all); `correction` 1 is the unbiased estimate, 0 the
     * biased one. NaN where n ≤ correction leaves 0/0. Throws ShapeError, DTypeError.
     */
    var(dims?: number | Shape | null, options?: VarOptions): Tensor;
  }
}

/** What the sum of squares is divided by, and whether its dimensions stay. */
export interface VarOptions {
  /** Subtracted from the number of elements; default 1. */
  correction?: number;
  keepdim?: boolean;
}

interface Params extends ReductionParams {
  readonly correction: number;
}

/** 1 / (n − correction); infinite where nothing is left, so that 0 times it is NaN. */
const scaleOf = (count: number, correction: number): number => 1 / Math.max(0, count - correction);

export const variance = reduction({
  name: "var",
  doc: "variance over dimensions",
  options: ["correction", "keepdim"],
  params([x], dims?: number | Shape | null, options?: VarOptions): Params {
    const { correction = 1, keepdim = false } = given("var", options);
    return {
      axes: normalizeDims("var", dims, (x as TensorInfo).shape.length),
      keepdim: checkFlag("var", "keepdim", keepdim),
      correction: checkNumber("var", "correction", correction),
    };
  },
  drawArgs: (rank, choose) => [drawDims(rank, choose), { keepdim: choose(2) === 1, correction: choose(2) }],
  passes: (_dtype, { correction }, count) => ({
    mean: meanReducer(count),
    y: varianceReducer(count, scaleOf(count, correction)),
  }),
  value(elements, { correction }) {
    const mean = elements.reduce((s, x) => s + x, 0) / elements.length;
    return elements.reduce((s, x) => s + (x - mean) ** 2, 0) * scaleOf(elements.length, correction);
  },
  saves: ["x"],
  // ∂var/∂x = 2 (x − mean) / (n − correction)
  vjp: (g, { x }, { params: { axes, correction } }) => {
    const factor = 2 * scaleOf(reduceLayout(x.shape, axes).count, correction);
    return [x.sub(x.mean(axes, true)).mul(g.mul(factor).reshape(reducedShape(x.shape, axes, true)))];
  },
  tolerance([x], { axes }) {
    const { count, runs } = reduceLayout((x as TensorInfo).shape, axes);
    return { ulp: 8, abs: sumError(count, runs) / Math.max(1, count) };
  },
  samples: [
    of([3, 5]),
    { ...of([4, 33]), args: [-1, { correction: 0 }] },
    { ...of([5, 70]), args: [0, { keepdim: true }] },
    { ...of([2, 3, 4, 5]), args: [[0, 2, 3]] },
    of([9000]),
    { ...of({ shape: [3, 64], range: [9999, 10001] }), args: [1] },
    { ...of([3, 1]), args: [1] },
    { ...of([3, 0]), args: [1] },
    of([2049]),
  ],
  errors: [
    { ...of([2, 3]), args: [2], throws: "ShapeError" },
    { ...of({ shape: [2], dtype: "i32" }), throws: "DTypeError" },
    { ...of([4]), args: [null, { correction: Number.NaN }], throws: "ConfigError" },
    { ...of([4]), args: [null, { keepdim: 1 }], throws: "ConfigError" },
  ],
});

// mean: arithmetic mean along dimensions.
import type { TensorInfo } from "../tensor/op.js";
import { reducedShape, type Shape } from "../tensor/shape.js";
import { of } from "./lib/declare/sample.js";
import { meanReducer } from "./lib/norm/moments.js";
import { reduceLayout } from "./lib/reduce/reduceLayout.js";
import { dimsParams, reduction, sumError } from "./lib/reduce/reduction.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** Mean over `dims` (default all), which are removed or kept with size 1; NaN over no elements. Throws ShapeError, DTypeError. */
    mean(dims?: number | Shape | null, keepdim?: boolean): Tensor;
  }
}

export const mean = reduction({
  name: "mean",
  doc: "arithmetic mean over dimensions",
  params: dimsParams("mean"),
  passes: (_dtype, _params, count) => ({ y: meanReducer(count) }),
  value: (elements) => elements.reduce((s, x) => s + x, 0) / elements.length,
  // ∂mean/∂x = 1/n
  vjp: (g, _, { params: { axes }, shapes }) => {
    const { count } = reduceLayout(shapes.x, axes);
    return [
      g
        .mul(1 / count)
        .reshape(reducedShape(shapes.x, axes, true))
        .broadcastTo(shapes.x),
    ];
  },
  tolerance([x], { axes }) {
    const { count, runs } = reduceLayout((x as TensorInfo).shape, axes);
    return { ulp: 2, abs: sumError(count, runs) / Math.max(1, count) };
  },
  samples: [
    of([3, 5]),
    of([]),
    { ...of([3, 4]), args: [[]] },
    { ...of([4, 33]), args: [-1] },
    { ...of([5, 70]), args: [0, true] },
    { ...of([2, 3, 4, 5]), args: [[0, 2, 3]] },
    of([9000]),
    { ...of([3, 0]), args: [1] },
    of([2049]),
  ],
  errors: [
    { ...of([2, 3]), args: [-3], throws: "ShapeError" },
    { ...of({ shape: [2], dtype: "i32" }), throws: "DTypeError" },
  ],
});

// sum: Σ x along dimensions.
import type { TensorInfo } from "../tensor/op.js";
import { reducedShape, type Shape } from "../tensor/shape.js";
import { I32_ENDS, of, U32_ENDS } from "./lib/declare/sample.js";
import { reduceLayout } from "./lib/reduce/reduceLayout.js";
import { dimsParams, reduction, sumError } from "./lib/reduce/reduction.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** Sum over `dims` (default all; `[]` reduces nothing, as in NumPy), which are removed or kept with size 1; 0 over no elements. Of n elements it is within `sumDepth(n)` · 2⁻²⁴ · Σ|x|: 3·10⁻⁵ Σ|x| for 10⁷. Integers wrap at 2³² (PyTorch sums them as int64): cast to f32 where a sum may pass 2³¹. Throws ShapeError, DTypeError. */
    sum(dims?: number | Shape | null, keepdim?: boolean): Tensor;
  }
}

export const sum = reduction({
  name: "sum",
  doc: "sum over dimensions",
  params: dimsParams("sum"),
  dtypes: ["f32", "i32", "u32"],
  passes: (dtype) => ({ y: { state: dtype, init: `${dtype}(0)`, fold: "s + x", merge: "a + b" } }),
  value: (elements) => elements.reduce((s, x) => s + x, 0),
  // ∂Σx/∂x = 1
  vjp: (g, _, { params: { axes }, shapes }) => [g.reshape(reducedShape(shapes.x, axes, true)).broadcastTo(shapes.x)],
  tolerance([x], { axes }) {
    const { count, runs } = reduceLayout((x as TensorInfo).shape, axes);
    return { ulp: 1, abs: sumError(count, runs) };
  },
  samples: [
    of([3, 5]),
    of([]),
    { ...of([4, 33]), args: [-1] },
    { ...of([4, 64]), args: [1, true] },
    { ...of([5, 70]), args: [0] },
    { ...of([2, 3, 4, 5]), args: [[0, 2, 3], true] },
    { ...of([2, 3, 4, 5]), args: [[1, 3]] },
    { ...of([3, 4]), args: [[]] },
    of([20011]),
    { ...of([7000, 3]), args: [0] },
    { ...of([0, 3]), args: [0] },
    { ...of({ shape: [3, 4], dtype: "i32", range: [-9, 9] }), args: [1] },
    { ...of([2, 3, 4]), args: [[2, 0]] },
    // one element more than blocks hold
    of([2049]),
    { ...of([2, 1025]), args: [1] },
    { ...of([129, 5]), args: [0] },
    of(I32_ENDS),
    of(U32_ENDS),
  ],
  errors: [
    { ...of([2, 3]), args: [2], throws: "ShapeError" },
    { ...of([2, 3]), args: [[0, 0]], throws: "ShapeError" },
    { ...of({ shape: [2], dtype: "bool" }), throws: "DTypeError" },
    { ...of([5]), args: ["x"], throws: "ShapeError" },
    { ...of([5]), args: [null, 1], throws: "ConfigError" },
  ],
});

// logsumexp: ln Σ eˣ along dimensions, shifted by the maximum.
import type { TensorInfo } from "../tensor/op.js";
import { reducedShape, type Shape } from "../tensor/shape.js";
import { of } from "./lib/declare/sample.js";
import { extremumReducer } from "./lib/reduce/extremum.js";
import { reduceLayout } from "./lib/reduce/reduceLayout.js";
import { dimsParams, reduction, sumError } from "./lib/reduce/reduction.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** ln Σ eˣ over `dims` (default all), which are removed or kept with size 1; −∞ over no elements. Throws ShapeError, DTypeError. */
    logsumexp(dims?: number | Shape | null, keepdim?: boolean): Tensor;
  }
}

export const logsumexp = reduction({
  name: "logsumexp",
  doc: "logarithm of the sum of exponentials over dimensions",
  params: dimsParams("logsumexp"),
  passes: (dtype) => ({
    largest: extremumReducer(dtype, true),
    y: {
      state: "f32",
      init: "0.0",
      fold: "s + exp32(x - largest)",
      merge: "a + b",
      // an infinite or NaN maximum is the result
      finish: "select(largest, largest + log32(s), isFinite(largest))",
    },
  }),
  value(elements) {
    const largest = elements.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    if (!Number.isFinite(largest)) return largest;
    return largest + Math.log(elements.reduce((s, x) => s + Math.exp(x - largest), 0));
  },
  saves: ["x", "y"],
  // ∂y/∂x = exp(x − y)
  vjp: (g, { x, y }, { params: { axes } }) => {
    const kept = reducedShape(x.shape, axes, true);
    return [x.sub(y.reshape(kept)).exp().mul(g.reshape(kept))];
  },
  // Σ is off by its roundings, relative to its length, and by 2 ULP of exp32: so is its logarithm, absolutely. log32 adds 1 ULP of ln Σ ≤ ln n.
  tolerance([x], { axes }) {
    const count = Math.max(1, reduceLayout((x as TensorInfo).shape, axes).count);
    return { ulp: 2, abs: sumError(count) / count + (4 + 2 * Math.log(count)) * 2 ** -24 };
  },
  samples: [
    of([3, 5]),
    of([]),
    { ...of([4, 33]), args: [-1] },
    { ...of([5, 70]), args: [0, true] },
    { ...of([2, 3, 4, 5]), args: [[1, 3]] },
    of([9000]),
    { ...of({ shape: [3, 9], range: [-1e4, 1e4] }), args: [1] },
    { ...of({ shape: [4, 2], values: [-1 / 0, -1 / 0, 1 / 0, 1, Number.NaN, 2, -1 / 0, 3] }), args: [1] }, // −∞, ∞, NaN, 3
    { ...of([3, 0]), args: [1] },
  ],
  errors: [
    { ...of([2, 3]), args: [2], throws: "ShapeError" },
    { ...of({ shape: [2], dtype: "i32" }), throws: "DTypeError" },
  ],
});

// transpose: x with two dimensions exchanged.
import { defineOp, exact, type TensorInfo } from "../tensor/op.js";
import { normalizeDim } from "../tensor/shape.js";
import { of } from "./lib/declare/sample.js";
import { permuted } from "./lib/index/permuted.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** A copy with `dim0` and `dim1` exchanged; default the last two. Throws ShapeError. */
    transpose(dim0?: number, dim1?: number): Tensor;
  }
}

export const transpose = defineOp({
  ...permuted("transpose"),
  name: "transpose",
  doc: "x with two dimensions exchanged",
  params([x], dim0: number = -2, dim1: number = -1) {
    const rank = (x as TensorInfo).shape.length;
    const [a, b] = [normalizeDim("transpose", dim0, rank), normalizeDim("transpose", dim1, rank)];
    return { dims: Array.from({ length: rank }, (_, d) => (d === a ? b : d === b ? a : d)) };
  },
  vjp: (g, _, { params: { dims } }) => [g.permute(dims)], // its own inverse
  tolerance: exact,
  draw: (x, choose) => {
    const rank = x.shape.length;
    return rank === 0 ? null : { inputs: [x], args: [-1 - choose(rank), choose(rank)] };
  },
  samples: [
    of([3, 5]),
    of([2, 3, 4]),
    { ...of([2, 3, 4]), args: [0, 1] },
    { ...of([2, 3, 4]), args: [0, -1] },
    { ...of([3]), args: [0, 0] },
  ],
  errors: [{ ...of([3]), throws: "ShapeError" }],
});

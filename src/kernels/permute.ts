// permute: x with its dimensions in another order.
import { checkList } from "../tensor/arguments.js";
import { ShapeError } from "../tensor/errors.js";
import { defineOp, exact, type TensorInfo } from "../tensor/op.js";
import { formatShape, normalizeDims, type Shape } from "../tensor/shape.js";
import { of } from "./lib/declare/sample.js";
import { permuted } from "./lib/index/permuted.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * A copy whose dimension i is dimension `dims[i]` of `this`; `dims` names each once, negative ones from the end.
     * Throws ShapeError.
     */
    permute(dims: Shape): Tensor;
  }
}

export const permute = defineOp({
  ...permuted("permute"),
  name: "permute",
  doc: "x with its dimensions in another order",
  params([x], dims: Shape) {
    const { shape } = x as TensorInfo;
    if (normalizeDims("permute", checkList("permute", "dims", dims), shape.length).length !== shape.length) {
      throw new ShapeError(
        `permute: dims ${formatShape(dims)} do not fit ${formatShape(shape)} (${dims.length} ≠ ${shape.length})`,
        "name each dimension once",
      );
    }
    return { dims: dims.map((d) => (d < 0 ? d + shape.length : d)) };
  },
  vjp: (g, _, { params: { dims } }) => [g.permute(dims.map((_, i) => dims.indexOf(i)))], // the inverse order
  tolerance: exact,
  draw({ shape, dtype }, choose) {
    const left = shape.map((_, d) => d);
    return { inputs: [{ shape, dtype }], args: [shape.map(() => left.splice(choose(left.length), 1)[0])] };
  },
  samples: [
    { ...of([3, 5]), args: [[1, 0]] },
    { ...of([64, 68]), args: [[1, 0]] },
    { ...of([2, 3, 4, 8]), args: [[0, 2, 3, 1]] },
    { ...of([2, 3, 4, 8]), args: [[3, 1, 2, 0]] },
    { ...of([2, 3, 8]), args: [[1, 0, -1]] },
    { ...of([]), args: [[]] },
    { ...of([2, 0, 3]), args: [[2, 1, 0]] },
    { ...of({ shape: [3, 2], dtype: "i32" }), args: [[1, 0]] },
  ],
  errors: [
    { ...of([2, 3]), args: [[0]], throws: "ShapeError" },
    { ...of([2, 3]), args: [[0, 0]], throws: "ShapeError" },
    { ...of([2, 3]), args: [[0, 2]], throws: "ShapeError" },
    { ...of([3, 5]), args: [1, 0], throws: "ShapeError" },
  ],
});

// embedding: rows of a table by their numbers.
import { ShapeError } from "../tensor/errors.js";
import { defineOp, exact, type HostTensor, type TensorInfo } from "../tensor/op.js";
import { formatShape, sizeOf } from "../tensor/shape.js";
import { drawIndex, drawOne } from "./lib/declare/draw.js";
import { of } from "./lib/declare/sample.js";
import { checkIndex, rowsOf, selectRows, selectRowsReference } from "./lib/index/indices.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * Row `index[…]` of `this` `[V, D]` for each of the integers: `[…, D]`. Out of range gives zeros. Throws
     * ShapeError, DTypeError.
     */
    embedding(index: Tensor): Tensor;
  }
}

export const embedding = defineOp({
  name: "embedding",
  doc: "rows of a table by their numbers",
  inputs: ["weight", "index"],
  infer([weight, index]) {
    const { shape, dtype } = weight as TensorInfo;
    checkIndex("embedding", index as TensorInfo);
    if (shape.length !== 2) throw new ShapeError(`embedding: weight is ${formatShape(shape)}`, "it must be [V, D]");
    return [{ shape: [...(index as TensorInfo).shape, shape[1]], dtype }];
  },
  kernels: ({ inputs: [weight, index], caps }) =>
    selectRows("embedding", rowsOf((weight as TensorInfo).shape, 0), sizeOf((index as TensorInfo).shape), caps),
  reference: ([weight, index]) => [
    selectRowsReference(weight as HostTensor, index as HostTensor, rowsOf((weight as HostTensor).shape, 0)),
  ],
  saves: ["index"],
  vjp: (g, { index }, { shapes }) => {
    const [rows, width] = shapes.weight;
    return [g.reshape([index.size, width]).indexAdd(index.reshape([index.size]), 0, rows), null];
  },
  tolerance: exact,
  draw(x, choose) {
    const shape = drawOne([[3], [], [2, 3], [0], [65]], choose);
    return x.shape.length === 2 ? { inputs: [x, drawIndex(shape, x.shape[0])] } : null;
  },
  samples: [
    of([5, 3], { shape: [4], dtype: "i32", values: [4, 0, 4, 2] }),
    of([10, 8], { shape: [2, 7], dtype: "u32", range: [0, 10] }),
    of([3, 4], { shape: [], dtype: "i32", values: [2] }),
    of([3, 4], { shape: [3], dtype: "i32", values: [-1, 3, 1] }),
    of([3, 4], { shape: [0], dtype: "i32" }),
  ],
  errors: [
    { ...of([5, 3], [2]), throws: "DTypeError" },
    { ...of([5], { shape: [2], dtype: "i32" }), throws: "ShapeError" },
  ],
});

// indexSelect: rows of x in the order of an index.
import { ShapeError } from "../tensor/errors.js";
import { defineOp, exact, type HostTensor, type TensorInfo } from "../tensor/op.js";
import { formatShape, normalizeDim } from "../tensor/shape.js";
import { drawIndex, drawSize } from "./lib/declare/draw.js";
import { of } from "./lib/declare/sample.js";
import { checkIndex, rowsOf, selectRows, selectRowsReference } from "./lib/index/indices.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * The slices of `this` along `dim` that the integers `index` `[M]` name, in their order. Out of range gives zeros.
     * Throws ShapeError, DTypeError.
     */
    indexSelect(index: Tensor, dim?: number): Tensor;
  }
}

export const indexSelect = defineOp({
  name: "indexSelect",
  doc: "slices of x in the order of an index",
  inputs: ["x", "index"],
  params: ([x], dim: number = 0) => ({ dim: normalizeDim("indexSelect", dim, (x as TensorInfo).shape.length) }),
  infer([x, index], { dim }) {
    const { shape, dtype } = x as TensorInfo;
    checkIndex("indexSelect", index as TensorInfo);
    const count = (index as TensorInfo).shape;
    if (count.length !== 1)
      throw new ShapeError(`indexSelect: index is ${formatShape(count)}`, "it must have one dimension");
    return [{ shape: shape.map((n, d) => (d === dim ? count[0] : n)), dtype }];
  },
  kernels: ({ inputs: [x, index], params: { dim }, caps }) =>
    selectRows("indexSelect", rowsOf((x as TensorInfo).shape, dim), (index as TensorInfo).shape[0], caps),
  reference: ([x, index], { dim }) => [
    selectRowsReference(x as HostTensor, index as HostTensor, rowsOf((x as HostTensor).shape, dim)),
  ],
  saves: ["index"],
  vjp: (g, { index }, { params: { dim }, shapes }) => [g.indexAdd(index, dim, shapes.x[dim]), null],
  tolerance: exact,
  draw(x, choose) {
    if (x.shape.length === 0) return null;
    const dim = choose(x.shape.length);
    return { inputs: [x, drawIndex([drawSize(choose)], x.shape[dim])], args: [dim] };
  },
  samples: [
    { ...of([5, 3], { shape: [4], dtype: "i32", values: [4, 0, 4, 2] }) },
    { ...of([2, 5, 8], { shape: [3], dtype: "u32", values: [1, 1, 3] }), args: [1] },
    { ...of([2, 5], { shape: [7], dtype: "i32", range: [0, 5] }), args: [-1] },
    { ...of([3, 4], { shape: [4], dtype: "i32", values: [-1, 0, 3, 1] }), args: [0] },
    { ...of({ shape: [5], dtype: "i32" }, { shape: [2], dtype: "i32", values: [3, 1] }), args: [0] },
    { ...of([5], { shape: [0], dtype: "i32" }), args: [0] },
  ],
  errors: [
    { ...of([5], [2]), throws: "DTypeError" },
    { ...of([5], { shape: [2, 2], dtype: "i32" }), throws: "ShapeError" },
    { ...of([5], { shape: [2], dtype: "i32" }), args: [1], throws: "ShapeError" },
  ],
  bench: (size) => of([size, size], { shape: [size], dtype: "i32", range: [0, size] }),
});

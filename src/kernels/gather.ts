// gather: elements of x along a dimension, each by an index of its own.
import { ShapeError } from "../tensor/errors.js";
import { defineOp, exact, type HostTensor, type TensorInfo } from "../tensor/op.js";
import { formatShape, normalizeDim, type Shape, sizeOf, stridesOf } from "../tensor/shape.js";
import { drawIndex, drawSize } from "./lib/declare/draw.js";
import { of } from "./lib/declare/sample.js";
import { placesOf } from "./lib/index/box.js";
import { checkIndex } from "./lib/index/indices.js";
import { gridGroups, gridLoop } from "./lib/text/grid.js";
import { input, kernel, output, read, u32, write } from "./lib/text/kernel.js";
import { walk, walkUniforms } from "./lib/text/walk.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * In the shape of the integers `index`: the element of `this` at the same place, but for the coordinate along
     * `dim`, which `index` gives. `index` may be smaller than `this` in the other dimensions. Out of range gives 0.
     * Throws ShapeError, DTypeError.
     */
    gather(index: Tensor, dim: number): Tensor;
  }
}

export const gather = defineOp({
  name: "gather",
  doc: "elements of x along a dimension, each by its own index",
  inputs: ["x", "index"],
  params: ([x], dim: number) => ({ dim: normalizeDim("gather", dim, (x as TensorInfo).shape.length) }),
  infer([x, index], { dim }) {
    const from = (x as TensorInfo).shape;
    const { shape } = index as TensorInfo;
    checkIndex("gather", index as TensorInfo);
    if (shape.length !== from.length || !shape.every((n, d) => d === dim || n <= from[d])) {
      throw new ShapeError(
        `gather: index ${formatShape(shape)} does not fit ${formatShape(from)}`,
        `it must have as many dimensions, none larger but dimension ${dim}`,
      );
    }
    return [{ shape, dtype: (x as TensorInfo).dtype }];
  },
  kernels({ inputs, outputs, params: { dim }, caps }) {
    const from = (inputs[0] as TensorInfo).shape;
    const { shape } = outputs[0];
    const size = sizeOf(shape);
    const dispatch = kernel({
      label: "gather",
      about: "y[…, j, …] = x[…, index[…, j, …], …], four bytes an element whatever they mean",
      uniforms: {
        size: u32(size),
        rows: u32(from[dim]),
        row: u32(stridesOf(from)[dim]),
        ...walkUniforms(shape, { x: linesOf(from, dim) }),
      },
      bindings: { x_in: read("u32", input(0)), index_in: read("u32", input(1)), out: write("u32", output(0)) },
      code: gridLoop([
        ...walk(["x"], shape.length),
        "let at = index_in[i];",
        "var y = 0u;",
        "if (at < u.rows) { y = x_in[x_i + at * u.row]; }", // as u32, negative ones are too large
        "out[i] = y;",
      ]),
      groups: gridGroups(size, caps),
    });
    return { dispatches: [dispatch] };
  },
  reference([x, index], { dim }) {
    const from = x as HostTensor;
    const { shape, data } = index as HostTensor;
    const lines = placesOf(shape, { start: 0, strides: linesOf(from.shape, dim) });
    const step = stridesOf(from.shape)[dim];
    return [data.map((at, i) => (at >= 0 && at < from.shape[dim] ? from.data[lines[i] + at * step] : 0))];
  },
  saves: ["index"],
  vjp: (g, { index }, { params: { dim }, shapes }) => [g.scatterAdd(index, dim, shapes.x), null],
  tolerance: exact,
  draw(x, choose) {
    if (x.shape.length === 0) return null;
    const dim = choose(x.shape.length);
    const size = drawSize(choose);
    const shape = x.shape.map((n, d) => (d === dim ? size : Math.max(0, n - choose(2))));
    return { inputs: [x, drawIndex(shape, x.shape[dim])], args: [dim] };
  },
  samples: [
    { ...of([4, 5], { shape: [4, 1], dtype: "i32", values: [4, 0, 2, 2] }), args: [1] },
    { ...of([4, 5], { shape: [6, 3], dtype: "u32", range: [0, 4] }), args: [0] },
    { ...of([2, 3, 4], { shape: [2, 2, 7], dtype: "i32", range: [0, 4] }), args: [-1] },
    { ...of([3], { shape: [3], dtype: "i32", values: [-1, 3, 1] }), args: [0] },
    { ...of({ shape: [2, 2], dtype: "i32" }, { shape: [2, 1], dtype: "i32", values: [1, 0] }), args: [1] },
    { ...of([3, 2], { shape: [0, 2], dtype: "i32" }), args: [0] },
  ],
  errors: [
    { ...of([3, 2], { shape: [4, 1], dtype: "i32" }), args: [1], throws: "ShapeError" },
    { ...of([3, 2], { shape: [3], dtype: "i32" }), args: [0], throws: "ShapeError" },
    { ...of([3, 2], [3, 2]), args: [0], throws: "DTypeError" },
  ],
  bench: (size) => ({ ...of([size, size], { shape: [size, size], dtype: "i32", range: [0, size] }), args: [1] }),
});

/** Strides that stay on the first element of each line along `dim`. */
function linesOf(shape: Shape, dim: number): number[] {
  return stridesOf(shape).map((s, d) => (d === dim ? 0 : s));
}

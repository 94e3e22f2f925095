// slice: a box of x, by a range along each dimension.
import { defineOp, exact, type HostTensor, type TensorInfo } from "../tensor/op.js";
import { stridesOf } from "../tensor/shape.js";
import { drawOne } from "./lib/declare/draw.js";
import { of } from "./lib/declare/sample.js";
import { placeIn, placesOf, type Range, resolveRanges } from "./lib/index/box.js";
import { copyBox } from "./lib/index/copy.js";
import { input, output } from "./lib/text/kernel.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * A copy of the box of `this` that `ranges` name: `[start, stop, step]` for each dimension in order, null or
     * nothing for all of it. Negative ends count from the back and ends beyond are cut, as in Python. Throws
     * ShapeError.
     */
    slice(ranges: readonly (readonly [start: number, stop?: number | null, step?: number] | null)[]): Tensor;
  }
}

export const slice = defineOp({
  name: "slice",
  doc: "a box of x, by a range along each dimension",
  inputs: ["x"],
  params: ([x], ranges: readonly Range[]) => resolveRanges("slice", (x as TensorInfo).shape, ranges),
  infer: ([x], { shape }) => [{ shape, dtype: (x as TensorInfo).dtype }],
  kernels({ inputs, params, caps }) {
    const to = { operand: output(0), start: 0, strides: stridesOf(params.shape) };
    const from = { operand: input(0), ...placeIn((inputs[0] as TensorInfo).shape, params) };
    return { dispatches: [copyBox("slice", params.shape, from, to, caps)] };
  },
  reference([x], box) {
    const { shape, data } = x as HostTensor;
    return [Float64Array.from(placesOf(box.shape, placeIn(shape, box)), (at) => data[at])];
  },
  vjp: (g, _, { params, shapes }) => [g.sliceBackward(shapes.x, params.starts, params.steps)],
  tolerance: exact,
  draw(x, choose) {
    const ranges = [null, [1], [-2], [0, -1], [1, null, 2]];
    return { inputs: [x], args: [x.shape.map(() => drawOne(ranges, choose))] };
  },
  samples: [
    { ...of([5, 7]), args: [[[1, 4], null]] },
    {
      ...of([5, 7]),
      args: [
        [
          [0, 5, 2],
          [1, 7, 3],
        ],
      ],
    },
    { ...of([5, 7]), args: [[[-2], [-4, -1]]] },
    { ...of([4, 3, 8]), args: [[null, [1, 99], [4, 8]]] },
    { ...of([2, 3, 8]), args: [[[1]]] },
    { ...of([9]), args: [[[7, 2]]] },
    { ...of([]), args: [[]] },
    { ...of({ shape: [9], dtype: "i32" }), args: [[[3, null, 4]]] },
    { ...of([3, 4]), args: [[[1, null, 2 ** 40], null]] },
    { ...of([0, 4]), args: [[[0, null, 3]]] },
  ],
  errors: [
    { ...of([5]), args: [[[0, 4, 0]]], throws: "ShapeError" },
    { ...of([5]), args: [[[0, 2.5]]], throws: "ShapeError" },
    { ...of([5]), args: [[null, null]], throws: "ShapeError" },
    { ...of([5]), args: [[[4, 0, -1]]], throws: "ShapeError" },
    { ...of([5]), args: [[[0.5, 2]]], throws: "ShapeError" },
    { ...of([5]), args: [1], throws: "ShapeError" },
    { ...of([5]), args: [[1]], throws: "ShapeError" },
    { ...of([5]), args: [[[0, 1, 1, 1]]], throws: "ShapeError" },
  ],
  bench: (size) => ({ ...of([size, size]), args: [[null, [1]]] }),
});

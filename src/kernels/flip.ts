// flip: x with dimensions reversed.
import { defineOp, exact, type HostTensor, type TensorInfo } from "../tensor/op.js";
import { normalizeDims, type Shape, stridesOf } from "../tensor/shape.js";
import { drawDims } from "./lib/declare/draw.js";
import { of } from "./lib/declare/sample.js";
import { placeIn, placesOf } from "./lib/index/box.js";
import { copyBox } from "./lib/index/copy.js";
import { input, output } from "./lib/text/kernel.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** A copy with the order of elements reversed along `dims` (default all). Throws ShapeError. */
    flip(dims?: number | Shape | null): Tensor;
  }
}

export const flip = defineOp({
  name: "flip",
  doc: "x reversed along dimensions",
  inputs: ["x"],
  params: ([x], dims?: number | Shape | null) => ({
    axes: normalizeDims("flip", dims, (x as TensorInfo).shape.length),
  }),
  infer: ([x]) => [x as TensorInfo],
  kernels({ inputs, params: { axes }, caps }) {
    const { shape } = inputs[0] as TensorInfo;
    const from = { operand: input(0), ...placeIn(shape, backwards(shape, axes)) };
    const to = { operand: output(0), start: 0, strides: stridesOf(shape) };
    return { dispatches: [copyBox("flip", shape, from, to, caps)] };
  },
  reference([x], { axes }) {
    const { shape, data } = x as HostTensor;
    return [Float64Array.from(placesOf(shape, placeIn(shape, backwards(shape, axes))), (at) => data[at])];
  },
  vjp: (g, _, { params: { axes } }) => [g.flip(axes)],
  tolerance: exact,
  draw: (x, choose) => ({ inputs: [x], args: [drawDims(x.shape.length, choose)] }),
  samples: [
    { ...of([3, 5]), args: [1] },
    { ...of([2, 3, 8]), args: [[0, -2]] },
    of([7]),
    of({ shape: [4], dtype: "i32" }),
    of([0, 2]),
  ],
  errors: [{ ...of([3]), args: [1], throws: "ShapeError" }],
});

/** From the last element on, with steps of −1. */
function backwards(shape: Shape, axes: Shape) {
  const reversed = (d: number) => axes.includes(d);
  return {
    starts: shape.map((n, d) => (reversed(d) ? n - 1 : 0)),
    steps: shape.map((_, d) => (reversed(d) ? -1 : 1)),
  };
}

// pad: x with a border of one value.
import { checkList, checkStored, formatValue } from "../tensor/arguments.js";
import { ShapeError } from "../tensor/errors.js";
import { defineOp, exact, type TensorInfo } from "../tensor/op.js";
import { formatShape, isShape } from "../tensor/shape.js";
import { of } from "./lib/declare/sample.js";
import { type Frame, framed } from "./lib/index/framed.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * `this` with `[before, after]` elements of `value` added to each dimension, first to last (PyTorch's list starts
     * with the last). Throws ShapeError, and DTypeError for a value that the dtype cannot hold.
     */
    pad(pads: readonly (readonly [before: number, after: number])[], value?: number): Tensor;
  }
}

export const pad = defineOp({
  ...framed("pad"),
  name: "pad",
  doc: "x with a border of one value",
  params([x], pads: readonly (readonly [number, number])[], value: number = 0): Frame {
    const { shape, dtype } = x as TensorInfo;
    const valid = Array.from(checkList("pad", "pads", pads)).every((pair) => isShape(pair) && pair.length === 2);
    if (!valid || pads.length !== shape.length) {
      throw new ShapeError(
        `pad: ${formatValue(pads)} does not fit ${formatShape(shape)} (${pads.length} and ${shape.length} dimensions)`,
        "give [before, after] with integers ≥ 0 for each dimension; slice() cuts",
      );
    }
    return {
      shape: shape.map((n, d) => n + pads[d][0] + pads[d][1]),
      starts: pads.map(([before]) => before),
      steps: pads.map(() => 1),
      value: checkStored("pad", "value", value, dtype),
    };
  },
  vjp: (g, _, { params: { starts }, shapes }) => [g.slice(shapes.x.map((n, d) => [starts[d], starts[d] + n]))],
  tolerance: exact,
  draw: (x, choose) => ({ inputs: [x], args: [x.shape.map(() => [choose(3), choose(2)]), choose(2)] }),
  samples: [
    {
      ...of([3, 4]),
      args: [
        [
          [1, 2],
          [0, 3],
        ],
      ],
    },
    {
      ...of([2, 3, 5, 5]),
      args: [
        [
          [0, 0],
          [0, 0],
          [1, 1],
          [2, 2],
        ],
      ],
    },
    {
      ...of([2, 3, 4, 4]),
      args: [
        [
          [0, 0],
          [2, 1],
          [0, 0],
          [0, 0],
        ],
      ],
    },
    { ...of([5]), args: [[[2, 0]], -1.5] },
    {
      ...of([3, 4]),
      args: [
        [
          [0, 0],
          [0, 0],
        ],
      ],
    },
    {
      ...of([0, 2]),
      args: [
        [
          [1, 1],
          [0, 0],
        ],
        7,
      ],
    },
    { ...of([]), args: [[]] },
    { ...of({ shape: [3], dtype: "i32" }), args: [[[1, 1]], -3] },
    { ...of({ shape: [3], dtype: "bool" }), args: [[[1, 1]], 1] },
    { ...of({ shape: [3], dtype: "bool" }), args: [[[1, 1]], 2] },
    { ...of({ shape: [3], dtype: "i32" }), args: [[[1, 1]], -(2 ** 31)] },
    { ...of({ shape: [3], dtype: "u32" }), args: [[[1, 1]], 2 ** 32 - 1] },
    ...[0.1, -1 / 0, Number.NaN].map((value) => ({ ...of([3]), args: [[[1, 1]], value] })),
  ],
  errors: [
    { ...of([3, 4]), args: [[[1, 2]]], throws: "ShapeError" },
    { ...of([3]), args: [[[-1, 2]]], throws: "ShapeError" },
    { ...of([3]), args: [[[1, 2]], "0"], throws: "ConfigError" },
    ...[1 / 0, Number.NaN, 3e9, 0.5].map((value) => ({
      ...of({ shape: [3], dtype: "i32" }),
      args: [[[1, 1]], value],
      throws: "DTypeError" as const,
    })),
    { ...of({ shape: [3], dtype: "u32" }), args: [[[1, 1]], -1], throws: "DTypeError" },
  ],
});

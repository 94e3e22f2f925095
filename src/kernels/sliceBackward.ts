// sliceBackward: a box put back where slice took it from, among zeros.
import { formatValue } from "../tensor/arguments.js";
import { ShapeError } from "../tensor/errors.js";
import { defineOp, exact, type TensorInfo } from "../tensor/op.js";
import { formatShape, isShape, type Shape } from "../tensor/shape.js";
import { of } from "./lib/declare/sample.js";
import { type Frame, framed } from "./lib/index/framed.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * Zeros of `shape` with `this` at `starts`, its elements `steps` apart: the gradient of `slice`. Throws ShapeError.
     * @internal
     */
    sliceBackward(shape: Shape, starts: readonly number[], steps: readonly number[]): Tensor;
  }
}

export const sliceBackward = defineOp({
  ...framed("sliceBackward"),
  name: "sliceBackward",
  doc: "gradient of slice: the box among zeros",
  params([x], shape: Shape, starts: readonly number[], steps: readonly number[]): Frame {
    const sizes = (x as TensorInfo).shape;
    const fits = (n: number, d: number) =>
      steps[d] >= 1 && (n === 0 || (starts[d] >= 0 && starts[d] + (n - 1) * steps[d] < shape[d]));
    const lists = [shape, starts, steps].every((list) => isShape(list) && list.length === sizes.length);
    if (!lists || !sizes.every(fits)) {
      throw new ShapeError(
        `sliceBackward: ${formatShape(sizes)} at ${formatValue(starts)} by ${formatValue(steps)} leaves ${formatValue(shape)}`,
        "pass the shape and the ranges of the slice",
      );
    }
    return { shape, starts, steps, value: 0 };
  },
  vjp: (h, _, { params: { shape, starts, steps }, shapes }) => [
    h.slice(shape.map((_, d) => [starts[d], starts[d] + shapes.x[d] * steps[d], steps[d]])), // linear
  ],
  tolerance: exact,
  draw(x, choose) {
    const [starts, steps, after] = [3, 2, 2].map((n) => x.shape.map(() => choose(n)));
    const shape = x.shape.map((n, d) => starts[d] + Math.max(0, (n - 1) * (1 + steps[d]) + 1) + after[d]);
    return { inputs: [x], args: [shape, starts, steps.map((n) => 1 + n)] };
  },
  samples: [
    {
      ...of([3, 7]),
      args: [
        [5, 7],
        [1, 0],
        [1, 1],
      ],
    },
    {
      ...of([3, 2]),
      args: [
        [5, 7],
        [0, 1],
        [2, 3],
      ],
    },
    {
      ...of([4, 2, 4]),
      args: [
        [4, 3, 8],
        [0, 1, 4],
        [1, 1, 1],
      ],
    },
    { ...of([0]), args: [[9], [7], [1]] },
  ],
  errors: [
    {
      ...of([1]),
      args: [[3], [3], [1]],
      throws: "ShapeError",
    },
    { ...of([3]), args: [[5], [0], [0]], throws: "ShapeError" },
    {
      ...of([2]),
      args: [[3], [0], [3]],
      throws: "ShapeError",
    },
    {
      ...of([3, 2]),
      args: [
        [5, 7],
        [0, 6],
        [2, 3],
      ],
      throws: "ShapeError",
    },
    {
      ...of([3]),
      args: [
        [5, 7],
        [0, 6],
        [1, 1],
      ],
      throws: "ShapeError",
    },
    { ...of([2]), args: [[5], 0, [1]], throws: "ShapeError" },
    { ...of([2]), args: [[5], [0], [1.5]], throws: "ShapeError" },
  ],
  bench: (size) => ({
    ...of([size, size - 1]),
    args: [
      [size, size],
      [0, 1],
      [1, 1],
    ],
  }),
});

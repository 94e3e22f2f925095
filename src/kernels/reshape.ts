// reshape: the same elements under another shape, sharing memory.
import { checkList, formatValue } from "../tensor/arguments.js";
import { ShapeError } from "../tensor/errors.js";
import { defineOp, exact, type HostTensor, type TensorInfo } from "../tensor/op.js";
import { formatShape, type Shape, sizeOf } from "../tensor/shape.js";
import { drawOne } from "./lib/declare/draw.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** The same elements as `shape`, without a copy; one size may be −1 and follows from the others. Throws ShapeError. */
    reshape(shape: Shape): Tensor;
  }
}

export const reshape = defineOp({
  name: "reshape",
  doc: "the same elements under another shape, without a copy",
  inputs: ["x"],
  params: ([x], shape: Shape) => ({ shape: resolve((x as TensorInfo).shape, checkList("reshape", "shape", shape)) }),
  infer: ([x], { shape }) => [{ shape, dtype: (x as TensorInfo).dtype }],
  reference: ([x]) => [(x as HostTensor).data],
  vjp: (g, _, { shapes }) => [g.reshape(shapes.x)],
  tolerance: exact,
  draw(x, choose) {
    const { shape } = x;
    const merged = [...shape.slice(0, -2), sizeOf(shape.slice(-2))];
    return { inputs: [x], args: [drawOne([[-1], [...shape].reverse(), [...shape, 1], merged], choose)] };
  },
  samples: [
    { inputs: [[6]], args: [[2, 3]] },
    { inputs: [[2, 3, 4]], args: [[-1, 4]] },
    { inputs: [[1]], args: [[]] },
    { inputs: [[0, 3]], args: [[3, 0]] },
    { inputs: [[0, 3]], args: [[-1, 3]] },
  ],
  errors: [
    { inputs: [[6]], args: [[0, -1]], throws: "ShapeError" },
    { inputs: [[0, 3]], args: [[0, -1]], throws: "ShapeError" },
    { inputs: [[6]], args: [[1.5, 4]], throws: "ShapeError" },
    { inputs: [[6]], args: [[-2, -3]], throws: "ShapeError" },
    { inputs: [[6]], args: [[4]], throws: "ShapeError" },
    { inputs: [[6]], args: [[-1, -1]], throws: "ShapeError" },
    { inputs: [[6]], args: [[-1, 4]], throws: "ShapeError" },
    { inputs: [[6]], args: [3], throws: "ShapeError" },
  ],
  bench: (size) => ({ inputs: [[size, size]], args: [[-1]] }),
});

/** `shape` with its −1 filled in. */
function resolve(from: Shape, shape: Shape): number[] {
  const size = sizeOf(from);
  const known = sizeOf(shape.filter((n) => n !== -1));
  const free = shape.filter((n) => n === -1).length;
  const rest = size / known; // NaN where any number would do: beside a 0 a −1 follows from nothing
  const valid = Array.from(shape).every((n) => Number.isInteger(n) && n >= -1);
  if (!valid || free > 1 || (free === 1 ? !Number.isInteger(rest) || rest * known !== size : known !== size)) {
    throw new ShapeError(
      `reshape: ${formatShape(from)} has ${size} elements, ${formatValue(shape)} has ${free ? "no size that fits" : known}`,
      "keep the number of elements; at most one size may be -1",
    );
  }
  return shape.map((n) => (n === -1 ? rest : n));
}

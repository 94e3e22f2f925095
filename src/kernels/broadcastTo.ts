// broadcastTo: x repeated along its dimensions of size 1 and along new leading ones.
import { ShapeError } from "../tensor/errors.js";
import { exact, type TensorInfo } from "../tensor/op.js";
import { checkShape, formatShape, type Shape } from "../tensor/shape.js";
import { drawLarger } from "./lib/declare/draw.js";
import { elementwise } from "./lib/elementwise/elementwise.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** Repeats `this` to `shape`; sizes must be equal or 1, counted from the last dimension. Throws ShapeError. */
    broadcastTo(shape: Shape): Tensor;
  }
}

export const broadcastTo = elementwise({
  name: "broadcastTo",
  doc: "x repeated to a larger shape",
  dtypes: ["f32", "i32", "u32", "bool"],
  params([x], shape: Shape) {
    checkShape("broadcastTo", shape);
    const from = (x as TensorInfo).shape;
    const fits =
      from.length <= shape.length && from.every((n, i) => n === 1 || n === shape[shape.length - from.length + i]);
    if (!fits) {
      throw new ShapeError(
        `broadcastTo: ${formatShape(from)} does not broadcast to ${formatShape(shape)}`,
        "sizes must be equal or 1, counted from the last dimension",
      );
    }
    return { shape };
  },
  target: ({ shape }) => shape,
  wgsl: "x",
  value: ([x]) => x,
  vjp: (g) => [g], // the caller sums over repeated dimensions
  tolerance: exact,
  draw: (x, choose) => ({ inputs: [x], args: [drawLarger(x.shape, choose)] }),
  samples: [
    { inputs: [[3]], args: [[2, 3]] },
    { inputs: [[2, 1, 3]], args: [[2, 65, 3]] },
    { inputs: [[]], args: [[4]] },
    { inputs: [[1, 3]], args: [[0, 3]] },
  ],
  errors: [
    { inputs: [[1]], args: [[2.5]], throws: "ShapeError" },
    { inputs: [[3]], args: [[4]], throws: "ShapeError" },
    { inputs: [[2, 3]], args: [[3]], throws: "ShapeError" },
    { inputs: [[1]], args: [3], throws: "ShapeError" },
  ],
  bench: (size) => ({ inputs: [[1, size]], args: [[size, size]] }),
});

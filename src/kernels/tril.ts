// tril: the lower triangle of matrices, zeros above.
import { formatValue } from "../tensor/arguments.js";
import { ConfigError, ShapeError } from "../tensor/errors.js";
import { defineOp, exact, type HostTensor, type TensorInfo } from "../tensor/op.js";
import { formatShape, sizeOf } from "../tensor/shape.js";
import { of } from "./lib/declare/sample.js";
import { gridGroups, gridLoop } from "./lib/text/grid.js";
import { i32, input, kernel, output, read, u32, write } from "./lib/text/kernel.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * `[..., M, N]` with 0 where column − row > `diagonal` (default 0): a causal mask, made of ones. Any dtype. Throws
     * ShapeError, ConfigError.
     */
    tril(diagonal?: number): Tensor;
  }
}

export const tril = defineOp({
  name: "tril",
  doc: "lower triangle of matrices, zeros above",
  inputs: ["x"],
  params(_, diagonal?: number) {
    const last = diagonal ?? 0;
    if (!Number.isInteger(last)) throw new ConfigError(`tril: diagonal is ${formatValue(last)}`, "pass an integer");
    return { diagonal: last };
  },
  infer([x]) {
    const { shape } = x as TensorInfo;
    if (shape.length < 2) throw new ShapeError(`tril: x is ${formatShape(shape)}`, "it must be [..., rows, columns]");
    return [x as TensorInfo];
  },
  kernels({ inputs, params: { diagonal }, caps }) {
    const { shape } = inputs[0] as TensorInfo;
    const [rows, columns] = shape.slice(-2);
    const size = sizeOf(shape);
    const dispatch = kernel({
      label: "tril",
      about: "y[…, row, column] = x[…, row, column] or 0, four bytes an element whatever they mean",
      uniforms: { size: u32(size), rows: u32(rows), columns: u32(columns), diagonal: i32(clampI32(diagonal)) },
      bindings: { x: read("u32", input(0)), y: write("u32", output(0)) },
      code: gridLoop([
        "let above = i32(i % u.columns) - i32(i / u.columns % u.rows);",
        "y[i] = select(0u, x[i], above <= u.diagonal);",
      ]),
      groups: gridGroups(size, caps),
    });
    return { dispatches: [dispatch] };
  },
  reference([x], { diagonal }) {
    const { shape, data } = x as HostTensor;
    const [rows, columns] = shape.slice(-2);
    return [data.map((v, i) => ((i % columns) - (Math.floor(i / columns) % rows) <= diagonal ? v : 0))];
  },
  vjp: (g, _, { params: { diagonal } }) => [g.tril(diagonal)], // linear
  tolerance: exact,
  draw: (x, choose) => (x.shape.length >= 2 ? { inputs: [x], args: [choose(4) - 1] } : null),
  samples: [
    of([3, 4]),
    { ...of([2, 5, 3]), args: [-1] },
    { ...of([4, 7]), args: [2] },
    { ...of([2, 2]), args: [-9] },
    of({ shape: [3, 2], dtype: "i32" }),
    of({ shape: [2, 2], values: [Number.NaN, Number.NaN, 1 / 0, -0] }),
    of([0, 3]),
  ],
  errors: [
    { ...of([3]), throws: "ShapeError" },
    { ...of([3, 3]), args: [0.5], throws: "ConfigError" },
  ],
});

const clampI32 = (n: number): number => Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, n));

// softmax: eˣ / Σ eˣ along a dimension.
import { ulp } from "../tensor/op.js";
import { of } from "./lib/declare/sample.js";
import { dimParams, rowwise } from "./lib/rows/rowwise.js";
import { SOFTMAX_FUNCTIONS, softmaxPasses, softmaxRow } from "./lib/rows/softmaxPasses.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** eˣ / Σ eˣ along `dim`; NaN in rows with NaN or ∞, and in rows of −∞ only. Throws ShapeError, DTypeError. */
    softmax(dim?: number): Tensor;
  }
}

export const softmax = rowwise({
  name: "softmax",
  doc: "exponentials divided by their sum along a dimension",
  inputs: { x: "row" },
  params: dimParams("softmax"),
  result: "row",
  passes: () => softmaxPasses("x"),
  value: "exp32(x - largest_x) * inverse_x",
  functions: SOFTMAX_FUNCTIONS,
  reference: ({ x }) => softmaxRow(x),
  flops: 5,
  saves: ["y"],
  // ∂L/∂x = y (g − Σ g y)
  vjp: (g, { y }, { params }) => [g.softmaxBackward(y, params.dim)],
  // exp32, the division, the sum and their product are within 8 ULP; x − max = −d rounds by d · 2⁻²⁴, which e^−d makes less
  tolerance: ulp(8, 2 ** -24),
  samples: [
    of([3, 5]),
    { ...of([4, 33]), args: [-1] },
    of([2, 1024]),
    { ...of([3, 5, 7]), args: [1] },
    { ...of([70, 3]), args: [0] },
    of({ shape: [4, 6], range: [-1e4, 1e4] }),
    of({ shape: [4, 2], values: [-1 / 0, -1 / 0, 1 / 0, 1, Number.NaN, 2, -1 / 0, 3] }),
    of([0, 3]),
    of([3, 0]),
    of([2, 1025]), // one element more than a block holds
    { ...of([129, 3]), args: [0] },
  ],
  errors: [
    { ...of([]), throws: "ShapeError" },
    { ...of([2, 3]), args: [2], throws: "ShapeError" },
    { ...of({ shape: [2], dtype: "i32" }), throws: "DTypeError" },
  ],
});

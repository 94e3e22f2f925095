// logSoftmax: x − ln Σ eˣ along a dimension.

import { ulp } from "../tensor/op.js";
import { of } from "./lib/declare/sample.js";
import { dimParams, rowwise } from "./lib/rows/rowwise.js";
import { logP, logSoftmaxPasses, logSoftmaxRow, SOFTMAX_FUNCTIONS } from "./lib/rows/softmaxPasses.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** x − ln Σ eˣ along `dim`; NaN in rows with NaN or ∞, and in rows of −∞ only. Throws ShapeError, DTypeError. */
    logSoftmax(dim?: number): Tensor;
  }
}

export const logSoftmax = rowwise({
  name: "logSoftmax",
  doc: "logarithm of softmax along a dimension",
  inputs: { x: "row" },
  params: dimParams("logSoftmax"),
  result: "row",
  passes: () => logSoftmaxPasses("x"),
  value: logP("x"),
  functions: SOFTMAX_FUNCTIONS,
  reference: ({ x }) => logSoftmaxRow(x),
  flops: 4,
  saves: ["y"],
  // ∂L/∂x = g − eʸ Σ g
  vjp: (g, { y }, { params }) => [g.logSoftmaxBackward(y, params.dim)],
  tolerance: ulp(4, 2e-6), // ln Σ is within 3 ULP, and rounds as values of up to 16 do
  samples: [
    of([3, 5]),
    { ...of([4, 33]), args: [-1] },
    of([2, 1024]),
    { ...of([3, 5, 7]), args: [1] },
    { ...of([70, 3]), args: [0] },
    of({ shape: [4, 6], range: [-1e4, 1e4] }),
    of({ shape: [4, 2], values: [-1 / 0, -1 / 0, 1 / 0, 1, Number.NaN, 2, -1 / 0, 3] }),
    of([0, 3]),
  ],
  errors: [
    { ...of([]), throws: "ShapeError" },
    { ...of([2, 3]), args: [2], throws: "ShapeError" },
    { ...of({ shape: [2], dtype: "i32" }), throws: "DTypeError" },
  ],
});

// logSoftmax: x − ln Σ eˣ along a dimension.

import { ulp } from "../tensor/op.js";
import { dimParams, rowwise } from "./lib/rowwise.js";
import { logP, logSoftmaxPasses, logSoftmaxRow, SOFTMAX_FUNCTIONS } from "./lib/softmaxPasses.js";

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
    { inputs: [[3, 5]] },
    { inputs: [[4, 33]], args: [-1] },
    { inputs: [[2, 1024]] },
    { inputs: [[3, 5, 7]], args: [1] },
    { inputs: [[70, 3]], args: [0] },
    { inputs: [{ shape: [4, 6], range: [-1e4, 1e4] }] },
    { inputs: [{ shape: [4, 2], values: [-1 / 0, -1 / 0, 1 / 0, 1, Number.NaN, 2, -1 / 0, 3] }] },
    { inputs: [[0, 3]] },
  ],
  errors: [
    { inputs: [[]], throws: "ShapeError" },
    { inputs: [[2, 3]], args: [2], throws: "ShapeError" },
    { inputs: [{ shape: [2], dtype: "i32" }], throws: "DTypeError" },
  ],
});

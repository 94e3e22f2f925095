// logicalAnd: a and b of conditions.
import { exact } from "../tensor/op.js";
import { of } from "./lib/declare/sample.js";
import { elementwise } from "./lib/elementwise/elementwise.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** Elementwise `this and b` of bools, with broadcasting. Throws ShapeError, DTypeError. */
    logicalAnd(b: Tensor): Tensor;
  }
}

export const logicalAnd = elementwise({
  name: "logicalAnd",
  doc: "a and b of bools, with broadcasting",
  inputs: ["a", "b"],
  dtypes: ["bool"],
  wgsl: "a && b",
  value: ([a, b]) => a && b,
  tolerance: exact,
  samples: [
    of({ shape: [2, 65], dtype: "bool" }, { shape: [65], dtype: "bool" }),
    of({ shape: [3], dtype: "bool" }, { shape: [3, 1], dtype: "bool" }),
  ],
  errors: [{ ...of([2], { shape: [2], dtype: "bool" }), throws: "DTypeError" }],
});

// logicalNot: the opposite of a condition.
import { exact } from "../tensor/op.js";
import { of } from "./lib/declare/sample.js";
import { elementwise } from "./lib/elementwise/elementwise.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** Elementwise `not this` of bools. Throws DTypeError. */
    logicalNot(): Tensor;
  }
}

export const logicalNot = elementwise({
  name: "logicalNot",
  doc: "not x of bools",
  dtypes: ["bool"],
  wgsl: "!x",
  value: ([x]) => 1 - x,
  tolerance: exact,
  samples: [of({ shape: [2, 65], dtype: "bool" }), of({ shape: [], dtype: "bool" })],
  errors: [{ ...of([2]), throws: "DTypeError" }],
});

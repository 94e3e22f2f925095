// isFinite: whether x is neither NaN nor infinite.
import { exact } from "../tensor/op.js";
import { EDGES, of } from "./lib/declare/sample.js";
import { elementwise } from "./lib/elementwise/elementwise.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** Elementwise, as bool: neither NaN nor infinite. Throws DTypeError. */
    isFinite(): Tensor;
  }
}

export const finite = elementwise({
  name: "isFinite",
  doc: "whether x is neither NaN nor infinite, as bool",
  result: () => "bool",
  wgsl: "isFinite(x)", // by the bits: drivers may assume that it always holds
  value: ([x]) => Number(Number.isFinite(x)),
  tolerance: exact,
  samples: [of([2, 65]), of(EDGES)],
  errors: [{ ...of({ shape: [2], dtype: "i32" }), throws: "DTypeError" }],
});

// reluBackward: the gradient of relu, from its result: three dispatches in one.
import { exact } from "../tensor/op.js";
import { EDGES, of } from "./lib/declare/sample.js";
import { elementwise } from "./lib/elementwise/elementwise.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * `this` (the gradient of relu's result) where the result `x` is positive or NaN, 0 elsewhere. Throws ShapeError,
     * DTypeError.
     * @internal
     */
    reluBackward(x: Tensor): Tensor;
  }
}

export const reluBackward = elementwise({
  name: "reluBackward",
  doc: "gradient of relu: g where x > 0, else 0",
  inputs: ["g", "x"],
  wgsl: "select(0.0, g, x > 0.0 || isNan(x))",
  value: ([g, x]) => (x <= 0 ? 0 : g),
  saves: ["x"],
  vjp: (h, { x }) => [h.reluBackward(x), null], // linear in g; the step at 0 has no slope
  tolerance: exact,
  samples: [of([2, 65], [2, 65]), of([0, 3], [0, 3]), of([10], EDGES)],
  errors: [{ ...of([2], [3]), throws: "ShapeError" }],
});

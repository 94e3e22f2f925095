// stopGradient: x itself, as a node that backward does not pass.
import { defineOp, exact, type HostTensor, type TensorInfo } from "../tensor/op.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** The same values, behind a node of the graph at which backward stops. */
    stopGradient(): Tensor;
  }
}

export const stopGradient = defineOp({
  name: "stopGradient",
  doc: "x, as a constant: backward does not visit what lies above it",
  inputs: ["x"],
  stops: true,
  infer: ([x]) => [x as TensorInfo],
  reference: ([x]) => [(x as HostTensor).data],
  tolerance: exact,
  draw: (x) => ({ inputs: [x] }),
  samples: [{ inputs: [[2, 3]] }],
});

// nllLossBackward: the gradient of nllLoss with respect to the log-probabilities, from that of each row's loss.
import { checkInteger } from "../tensor/arguments.js";
import { exact, type TensorInfo } from "../tensor/op.js";
import { of } from "./lib/declare/sample.js";
import { rowwise } from "./lib/rows/rowwise.js";
import { i32 } from "./lib/text/kernel.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * −g at the target class, 0 elsewhere and in ignored rows; `x` gives the shape. Throws ShapeError, DTypeError.
     * @internal
     */
    nllLossBackward(x: Tensor, target: Tensor, ignoreIndex: number): Tensor;
  }
}

export const nllLossBackward = rowwise({
  name: "nllLossBackward",
  doc: "gradient of nllLoss: −g at the target class",
  inputs: { g: "each", x: "row", label: "each" },
  dtypes: { label: "i32" },
  params: ([, x], ignoreIndex: number) => ({
    dim: (x as TensorInfo).shape.length - 1,
    ignoreIndex: checkInteger("nllLossBackward", "ignoreIndex", ignoreIndex),
  }),
  result: "row",
  passes: () => ({}),
  value: "select(0.0, -g, i32(j) == label && label != u.ignore)",
  uniforms: ({ ignoreIndex }) => ({ ignore: i32(ignoreIndex) }),
  reference: ({ g, x, label }, { ignoreIndex }) =>
    x.map((_, j) => (j === label[0] && label[0] !== ignoreIndex ? -g[0] : 0)),
  flops: 1,
  saves: ["label"],
  // linear in g: −h at the target; x gives the shape alone
  vjp: (h, { label }, { params: { ignoreIndex } }) => [
    h.nllLoss(label, { ignoreIndex, reduction: "none" }),
    null,
    null,
  ],
  tolerance: exact,
  samples: [{ ...of([3], [3, 5], { shape: [3], dtype: "i32", values: [4, 0, 2] }), args: [0] }],
  errors: [
    { ...of([3], [3, 5], [3]), args: [0], throws: "DTypeError" },
    { ...of([3], [3, 5], { shape: [3], dtype: "i32" }), args: [Number.NaN], throws: "ConfigError" },
  ],
});

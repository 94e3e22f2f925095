// crossEntropyBackward: the gradient of crossEntropy with respect to the logits, from that of each row's loss.
import { checkInteger, checkNumber } from "../tensor/arguments.js";
import { type TensorInfo, ulp } from "../tensor/op.js";
import { given } from "../tensor/options.js";
import { of } from "./lib/declare/sample.js";
import { rowwise } from "./lib/rows/rowwise.js";
import { SOFTMAX_FUNCTIONS, softmaxPasses, softmaxRow } from "./lib/rows/softmaxPasses.js";
import { f32, i32 } from "./lib/text/kernel.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * g (softmax(x) − q), q being the smoothed target; 0 in ignored rows: `this` is the gradient of each row's loss.
     * @internal
     */
    crossEntropyBackward(x: Tensor, target: Tensor, options: { ignoreIndex: number; labelSmoothing: number }): Tensor;
  }
}

export const crossEntropyBackward = rowwise({
  name: "crossEntropyBackward",
  doc: "gradient of crossEntropy: g (softmax(x) − q)",
  inputs: { g: "each", x: "row", label: "each" },
  dtypes: { label: "i32" },
  options: ["ignoreIndex", "labelSmoothing"],
  params([, x], options: { ignoreIndex: number; labelSmoothing: number }) {
    const { ignoreIndex = Number.NaN, labelSmoothing = Number.NaN } = given("crossEntropyBackward", options);
    const { shape } = x as TensorInfo;
    return {
      dim: shape.length - 1,
      ignoreIndex: checkInteger("crossEntropyBackward", "ignoreIndex", ignoreIndex),
      labelSmoothing: checkNumber("crossEntropyBackward", "labelSmoothing", labelSmoothing, 0),
      classes: shape.at(-1) as number,
    };
  },
  result: "row",
  passes: () => softmaxPasses("x"),
  value: `select(g * (exp32(x - largest_x) * inverse_x - select(u.off, u.on, i32(j) == label)), 0.0, label == u.ignore)`,
  functions: SOFTMAX_FUNCTIONS,
  uniforms: ({ ignoreIndex, labelSmoothing: s, classes }) => ({
    ignore: i32(ignoreIndex),
    on: f32(1 - s + s / classes),
    off: f32(s / classes),
  }),
  reference({ g, x, label }, { ignoreIndex, labelSmoothing: s, classes }) {
    if (label[0] === ignoreIndex) return new Float64Array(classes);
    return softmaxRow(x).map((p, j) => g[0] * (p - s / classes - (j === label[0] ? 1 - s : 0)));
  },
  flops: 6,
  saves: ["g", "x", "label"],
  // ∂/∂g = Σ h (p − q); ∂/∂x = g p (h − Σ h p); neither in ignored rows
  vjp(h, { g, x, label }, { params: { ignoreIndex, labelSmoothing }, needs }) {
    const counted = label.ne(ignoreIndex).cast("f32");
    const rows = () => g.mul(counted).reshape([...g.shape, 1]);
    return [
      needs.g ? counted.crossEntropyBackward(x, label, { ignoreIndex, labelSmoothing }).mul(h).sum(-1) : null,
      needs.x ? h.mul(rows()).softmaxBackward(x.softmax(), -1) : null,
      null,
    ];
  },
  tolerance: ulp(8, 2 ** -22), // as softmax, times a gradient of order 1 to 4
  samples: [
    {
      ...of([3], [3, 5], { shape: [3], dtype: "i32", values: [4, 0, 2] }),
      args: [{ ignoreIndex: 0, labelSmoothing: 0 }],
    },
    {
      ...of([3], [3, 10], { shape: [3], dtype: "i32", values: [4, 0, 2] }),
      args: [{ ignoreIndex: -1, labelSmoothing: 0.1 }],
    },
    {
      ...of([2, 3], [2, 3, 5], { shape: [2, 3], dtype: "i32", values: [4, 0, 2, 1, 1, 3] }),
      args: [{ ignoreIndex: 0, labelSmoothing: 0.1 }],
    },
    {
      ...of([3], [3, 5], { shape: [3], dtype: "i32", values: [-1, 5, 2] }), // neither class nor ignored: q is 0
      args: [{ ignoreIndex: -100, labelSmoothing: 0 }],
    },
  ],
  errors: [
    {
      ...of([3], [3, 5], { shape: [2], dtype: "i32" }),
      args: [{ ignoreIndex: 0, labelSmoothing: 0 }],
      throws: "ShapeError",
    },
    { ...of([3], [3, 5], [3]), args: [{ ignoreIndex: 0, labelSmoothing: 0 }], throws: "DTypeError" },
  ],
});

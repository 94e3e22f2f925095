// crossEntropy: −ln softmax(x) at the target class, per row of logits.
import { checkNumber } from "../tensor/arguments.js";
import { ConfigError } from "../tensor/errors.js";
import { given } from "../tensor/options.js";
import type { Tensor } from "../tensor/tensor.js";
import { of } from "./lib/declare/sample.js";
import {
  CLASS_LOSS_OPTIONS,
  type ClassLossOptions,
  type ClassLossParams,
  classLoss,
  classLossParams,
} from "./lib/rows/classLoss.js";
import { logP, logSoftmaxPasses, logSoftmaxRow, SOFTMAX_FUNCTIONS } from "./lib/rows/softmaxPasses.js";
import { f32 } from "./lib/text/kernel.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * Cross-entropy of logits `[..., C]` and class indices `target` (i32, `[...]`): −Σ q ln softmax(this), with q the target
     * class, smoothed. A target that is neither a class nor ignored gives NaN. Throws ShapeError, DTypeError, ConfigError.
     */
    crossEntropy(target: Tensor, options?: CrossEntropyOptions): Tensor;
  }
}

/** How targets are read, weighed and reduced. */
export interface CrossEntropyOptions extends ClassLossOptions {
  /** Share of q spread evenly over all classes, in [0, 1]; default 0. */
  labelSmoothing?: number;
}

interface Params extends ClassLossParams {
  readonly labelSmoothing: number;
}

/** q at the target and elsewhere. */
const weights = ({ labelSmoothing: s }: Params, classes: number) => ({ on: 1 - s + s / classes, off: s / classes });

export const crossEntropy = classLoss({
  name: "crossEntropy",
  doc: "cross-entropy of logits and class indices",
  options: [...CLASS_LOSS_OPTIONS, "labelSmoothing"],
  params(_, options?: CrossEntropyOptions): Params {
    const { labelSmoothing = 0 } = given("crossEntropy", options);
    if (checkNumber("crossEntropy", "labelSmoothing", labelSmoothing, 0) > 1) {
      throw new ConfigError(`crossEntropy: labelSmoothing is ${labelSmoothing}`, "it must be between 0 and 1");
    }
    return { ...classLossParams("crossEntropy", options), labelSmoothing };
  },
  passes: () => ({
    ...logSoftmaxPasses("x"),
    loss: {
      state: "f32",
      init: "0.0",
      // a class that q leaves out adds nothing, even at ln 0
      fold: `s - plogq_weighted(select(u.off, u.on, i32(j) == label), ${logP("x")})`,
      merge: "a + b",
    },
  }),
  functions: `${SOFTMAX_FUNCTIONS}
fn plogq_weighted(q: f32, logp: f32) -> f32 { return select(q * logp, 0.0, q == 0.0); }`,
  uniforms(params, classes) {
    const { on, off } = weights(params, classes);
    return { on: f32(on), off: f32(off) };
  },
  row(x, target, params) {
    const { on, off } = weights(params, x.length);
    return logSoftmaxRow(x).reduce((s, logp, j) => {
      const q = j === target ? on : off;
      return q === 0 ? s : s - q * logp;
    }, 0);
  },
  backward: (g: Tensor, x, target, { ignoreIndex, labelSmoothing }) =>
    g.crossEntropyBackward(x, target, { ignoreIndex, labelSmoothing }),
  rowTolerance: (classes) => ({ ulp: 4, abs: 2 ** -21 + 1e-8 * classes }),
  samples: [
    of([4, 5], { shape: [4], dtype: "i32", values: [0, 4, 2, 2] }),
    { ...of([4, 5], { shape: [4], dtype: "i32", values: [0, 4, 2, 2] }), args: [{ reduction: "sum" }] },
    { ...of([4, 5], { shape: [4], dtype: "i32", values: [0, 4, 2, 2] }), args: [{ reduction: "none" }] },
    { ...of([4, 10], { shape: [4], dtype: "i32", values: [9, 3, 0, 1] }), args: [{ labelSmoothing: 0.1 }] },
    of([4, 5], { shape: [4], dtype: "i32", values: [0, -100, 2, -100] }),
    { ...of([3, 5], { shape: [3], dtype: "i32", values: [0, 5, -1] }), args: [{ reduction: "none" }] },
    of([2, 3, 4], { shape: [2, 3], dtype: "i32", values: [0, 1, 2, 3, 0, 1] }),
    {
      ...of(
        { shape: [3, 3], values: [1e4, -1e4, 0, -1 / 0, 0, 1, Number.NaN, 0, 0] },
        { shape: [3], dtype: "i32", values: [1, 1, 1] },
      ),
      args: [{ reduction: "none" }],
    },
    of([0, 3], { shape: [0], dtype: "i32" }),
    { ...of([4, 5], { shape: [4], dtype: "i32", values: [0, 4, 2, 2] }), args: [{ labelSmoothing: 1 }] },
    of([5], { shape: [], dtype: "i32", values: [3] }),
    { ...of([4, 5], { shape: [4], dtype: "i32", values: [0, 4, 2, 2] }), args: [{ ignoreIndex: 2 }] },
  ],
  errors: [
    { ...of({ shape: [4, 5], dtype: "i32" }, { shape: [4], dtype: "i32" }), throws: "DTypeError" },
    { ...of([4, 5], { shape: [3], dtype: "i32" }), throws: "ShapeError" },
    { ...of([4, 5], [4]), throws: "DTypeError" },
    { ...of([4, 5], { shape: [4], dtype: "i32" }), args: [{ labelSmoothing: 2 }], throws: "ConfigError" },
    { ...of([4, 5], { shape: [4], dtype: "i32" }), args: [{ reduction: "max" }], throws: "ConfigError" },
  ],
});

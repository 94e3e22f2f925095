// Kernels without tensors: every operation's declaration, for generated tests, benchmarks and tables.
import type { AnyOp } from "../tensor/op.js";
import * as all from "./all.js";

export type * from "../tensor/op.js";
export { defineOp, exact, ulp } from "../tensor/op.js";
export type { AdamStepOptions } from "./adamStep.js";
export * from "./all.js";
export type { CrossEntropyOptions } from "./crossEntropy.js";
export type { GroupNormOptions } from "./groupNorm.js";
export type { AttentionOptions } from "./lib/attention/attention.js";
export { of } from "./lib/declare/sample.js";
export { type Comparison, comparison } from "./lib/elementwise/comparison.js";
export { type Elementwise, elementwise } from "./lib/elementwise/elementwise.js";
export type { ChannelNormOptions } from "./lib/norm/channelNorm.js";
export type { RowNormOptions } from "./lib/norm/rowNorm.js";
export type { AvgPoolOptions, PoolOptions } from "./lib/pool/pool.js";
export type { Pair, Size2d } from "./lib/pool/window.js";
export type { ConvolutionOptions } from "./lib/product/convolution.js";
export type { Reducer } from "./lib/reduce/fold.js";
export { dimsParams, type Reduction, type ReductionParams, reduction } from "./lib/reduce/reduction.js";
export type { ClassLossOptions } from "./lib/rows/classLoss.js";
export { dimParams, type HostRow, type RowParams, type Rowwise, rowwise } from "./lib/rows/rowwise.js";
export {
  type Binding,
  f32,
  i32,
  input,
  type KernelSpec,
  kernel,
  output,
  read,
  scratch,
  type Uniform,
  u32,
  write,
} from "./lib/text/kernel.js";
export type { MatmulOptions } from "./matmul.js";
export type { RotaryOptions } from "./rotaryEmbedding.js";
export type { SgdOptions } from "./sgdStep.js";
export type { VarOptions } from "./var.js";

/** Every operation. */
export const OPS: readonly AnyOp[] = Object.freeze(Object.values(all));

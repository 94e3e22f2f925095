// BatchNorm2d: normalises each channel over the batch (Ioffe & Szegedy 2015).
import { formatValue } from "../../tensor/arguments.js";
import { callNow } from "../../tensor/callNow.js";
import { checkTensor } from "../../tensor/checkTensor.js";
import { ConfigError, keep, noGrad, ones, ShapeError, scope, sizeOf, type Tensor, zeros } from "../../tensor/index.js";
import { checkOptions } from "../../tensor/options.js";
import type { Module } from "../module.js";
import { whole } from "../whole.js";
import { NORM_OPTIONS, Norm, type NormOptions } from "./norm.js";

/** Beside those of every norm, how running statistics are kept. */
export interface BatchNormOptions extends NormOptions {
  /** Weight of the new batch in the running statistics; default 0.1. */
  momentum?: number;
}

const OPTIONS: readonly (keyof BatchNormOptions)[] = [...NORM_OPTIONS, "momentum"];

/**
 * `[B, C, H, W]`. In training mode normalises with the batch's own statistics (biased variance) and keeps running ones
 * (unbiased variance); in evaluation mode with the running ones. With `useBatchStatistics` always with the batch's own,
 * and none are kept: what test-time adaptation asks for. Throws ShapeError when there is no variance to keep, ConfigError for unknown options.
 */
export class BatchNorm2d extends Norm {
  readonly running_mean: Tensor;
  readonly running_var: Tensor;
  momentum: number;
  useBatchStatistics = false;
  /** Values of each channel in the last batch whose own statistics it used. */
  valuesPerChannel: number | null = null;
  #rowMask: Tensor | null = null;

  constructor(numFeatures: number, options: BatchNormOptions = {}) {
    checkOptions("BatchNorm2d", options, OPTIONS);
    const { momentum = 0.1 } = options;
    if (typeof momentum !== "number" || !(momentum >= 0 && momentum <= 1)) {
      throw new ConfigError(`BatchNorm2d: momentum is ${formatValue(momentum)}`, "pass a number from 0 to 1");
    }
    super(numFeatures, options);
    [this.running_mean, this.running_var] = whole((own) => {
      own(this);
      return scope(() => [zeros([numFeatures]), ones([numFeatures])] as const);
    });
    for (const kept of [this.running_mean, this.running_var]) keep(kept);
    this.momentum = momentum;
  }

  forward(x: Tensor): Tensor {
    checkTensor("BatchNorm2d", "x", x);
    return scope(() => this.#normalize(x));
  }

  #normalize(x: Tensor): Tensor {
    const { weight, bias, eps } = this;
    if (!this.training && !this.useBatchStatistics) {
      return x.batchNormEval(this.running_mean, this.running_var, weight, bias, { eps });
    }
    if (this.#rowMask) {
      const [mean, variance] = maskedStatistics(x, this.#rowMask);
      return x.batchNormEval(mean, variance, weight, bias, { eps });
    }
    const count = x.size / x.shape[1];
    this.valuesPerChannel = count;
    if (count < 2 && !this.useBatchStatistics) {
      throw new ShapeError(
        `BatchNorm2d: ${x} has one value a channel, so no variance`,
        "use a larger batch, or eval()",
      );
    }
    const [y, mean, variance] = x.batchNorm(weight, bias, { eps });
    if (!this.useBatchStatistics) this.#keep(mean, variance, count);
    return y;
  }

  /** Runs `fn` while the batch norms of `model` that use batch statistics take them from the rows of `mask` (bool `[B]`) alone. Throws ConfigError if `fn` is async. */
  static withRowMask<T>(model: Module, mask: Tensor, fn: () => T): T {
    const norms = [...model.namedModules()].flatMap(([, module]) => (module instanceof BatchNorm2d ? [module] : []));
    try {
      for (const norm of norms) norm.#rowMask = mask;
      return callNow("withRowMask", fn);
    } finally {
      for (const norm of norms) norm.#rowMask = null;
    }
  }

  /** running ← (1 − m) running + m batch, with the unbiased variance of `count` values a channel. Both or neither. */
  #keep(mean: Tensor, variance: Tensor, count: number): void {
    const blend = (running: Tensor, batch: Tensor, scale: number) =>
      running.mul(1 - this.momentum).add(batch.mul(this.momentum * scale));
    noGrad(() => {
      const means = blend(this.running_mean, mean, 1);
      const variances = blend(this.running_var, variance, count / (count - 1));
      this.running_mean.assign(means);
      this.running_var.assign(variances);
    });
  }
}

/** Mean and biased variance of each channel over the rows of `mask`, as of a batch of these alone; 0 where there are none. */
function maskedStatistics(x: Tensor, mask: Tensor): [mean: Tensor, variance: Tensor] {
  const [batch, channels, ...plane] = x.shape;
  const rows = mask.reshape([batch, 1, ...plane.map(() => 1)]);
  const dims = [0, ...plane.map((_, i) => i + 2)];
  const elements = mask.cast("f32").sum().maximum(1).mul(sizeOf(plane));
  const meanOf = (values: Tensor) => rows.where(values, 0).sum(dims).div(elements);
  const mean = meanOf(x);
  const centred = x.sub(mean.reshape([channels, ...plane.map(() => 1)]));
  return [mean, meanOf(centred.square())];
}

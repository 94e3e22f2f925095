// BatchNorm2d: normalises each channel over the batch (Ioffe & Szegedy 2015).
import { ones, type Tensor, zeros } from "../../tensor/index.js";
import { Norm, type NormOptions } from "./norm.js";

export interface BatchNormOptions extends NormOptions {
  /** Weight of the new batch in the running statistics; default 0.1. */
  momentum?: number;
}

/**
 * `[B, C, H, W]`. In training mode normalises with the batch's own statistics (biased variance) and keeps running ones
 * (unbiased variance); in evaluation mode with the running ones. With `useBatchStatistics` always with the batch's own,
 * and none are kept: what test-time adaptation asks for.
 */
export class BatchNorm2d extends Norm {
  readonly running_mean: Tensor;
  readonly running_var: Tensor;
  readonly momentum: number;
  useBatchStatistics = false;

  constructor(numFeatures: number, { momentum = 0.1, ...options }: BatchNormOptions = {}) {
    super(numFeatures, options);
    this.running_mean = zeros([numFeatures]);
    this.running_var = ones([numFeatures]);
    this.momentum = momentum;
  }
}

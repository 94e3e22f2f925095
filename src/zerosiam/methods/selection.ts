// Choosing the samples to learn from: masks and weights on the device, so that no shape depends on the data.
import type { Classifier, Update } from "../../nn/index.js";
import type { Tensor } from "../../tensor/index.js";

/** Which samples of a batch are learnt from, and how much: all without gradient. */
export interface Selection {
  /** `[B]`: the factor on each sample's loss; 0 where it is left out. */
  readonly weights: Tensor;
  /** Samples that the entropy threshold let through: a scalar. */
  readonly reliable: Tensor;
  /** Samples that are learnt from: a scalar. */
  readonly kept: Tensor;
  /** Bool scalar: whether there are any. */
  readonly learn: Tensor;
  /** The filter's own state and its next values. */
  readonly next?: readonly Update[];
  /** Its counters of random numbers and their next values. */
  readonly drawn?: readonly Update[];
}

/** Selects samples by the model's answers: EATA's and DeYO's. Of one method: made for it, and not shared. */
export interface SampleFilter {
  readonly name: string;
  /** The model that it was made for, where it knows one. */
  readonly model?: Classifier;
  /** Makes the tensors that it remembers from batch to batch, by name, while the model's device is the current one; the caller owns them. */
  begin(): ReadonlyMap<string, Tensor>;
  /** Images `[B, channels, H, W]` and the logits `[B, C]` that the model gave them. */
  select(images: Tensor, logits: Tensor): Selection;
}

/** EATA's E₀ = 0.4 ln C, in nats: samples of lower entropy are taken to be reliable. */
export function entropyMargin(model: Classifier): number {
  return 0.4 * Math.log(model.numClasses);
}

/** How many of a bool mask hold: a scalar. */
export function count(mask: Tensor): Tensor {
  return mask.cast("f32").sum();
}

/** Σ w·v / kept for per-sample values `[B]`; 0, with a gradient of 0, where nothing is kept. */
export function selectedMean(values: Tensor, { weights, kept }: Pick<Selection, "weights" | "kept">): Tensor {
  return values.mul(weights).sum().div(kept.maximum(1));
}

// What a method makes of a batch, before any of it is learnt: the answer, and the loss.
import type { Update } from "../../nn/index.js";
import type { Tensor } from "../../tensor/index.js";
import type { StepTerms } from "./stepMetrics.js";

/** What a method computes on a batch: the answer it returns, and the loss it descends (none: no update). */
export interface BatchLoss extends StepTerms {
  /** `[B, C]`, computed before the update. */
  readonly logits: Tensor;
  /** Bool scalar: where false there is nothing to learn from, and nothing changes. */
  readonly learn?: Tensor;
  /** State of the method's own (`registerBuffers`) and its next values, taken over with the parameters'. */
  readonly next?: readonly Update[];
  /** Counters of random numbers, and their next values: they move on with every batch, whatever becomes of it. */
  readonly drawn?: readonly Update[];
  readonly recovery?: Recovery;
}

/** Going back to where the parameters began, after the update (SAR). */
export interface Recovery {
  /** Bool scalar: whether to. */
  readonly when: Tensor;
  /** Whether the optimisers' state is cleared too. */
  readonly optimizers: boolean;
}

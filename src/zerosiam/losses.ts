// The objectives and divergences, as named functions of logits [B, C]: natural logarithms, a value for each sample.
import { concat, full, type Tensor } from "../tensor/index.js";

/** A loss of each sample: logits `[B, C]` to `[B]`. */
export type SampleLoss = (logits: Tensor) => Tensor;

/** Entropy of the predictions, H(p) = −Σ p ln p with p = softmax(u): Tent's objective (Wang et al. 2021). */
export const softmaxEntropy: SampleLoss = (logits) => logits.softmaxEntropy();

/** Mean entropy of the predictions. */
export function entropy(logits: Tensor): Tensor {
  return softmaxEntropy(logits).mean();
}

/** Mean symmetric divergence KL(p_r ‖ p_o) + KL(p_o ‖ p_r) between online and target predictions: ZeroSiam's alignment. */
export function alignment(online: Tensor, target: Tensor): Tensor {
  return online.symmetricKL(target).mean();
}

/** The least ‖x‖² that `opinionEntropy` divides by: below it x is as good as 0. */
const TINY = 1e-30;

/**
 * COME's loss (Zhang et al. 2025), −Σ q ln(q + 1e-7) over q = [b, u]: beliefs b_c = e^{x̃_c} / (Σ e^{x̃} + C) and uncertainty
 * u = C / (Σ e^{x̃} + C). x̃ = x/‖x‖ · sg(‖x‖) is x, but its gradient cannot change ‖x‖. As a softmax over [x̃, ln C] it
 * does not overflow.
 */
export const opinionEntropy: SampleLoss = (logits) => {
  const [batch, classes] = logits.shape;
  const squares = logits.square().sum(-1, true).clamp(TINY);
  const x = logits.mul(squares.stopGradient().div(squares).sqrt());
  const q = concat([x, full([batch, 1], Math.log(classes), { device: logits.device })], 1).softmax();
  return q.mul(q.add(1e-7).log()).sum(-1).neg();
};

// The objectives, as named functions of logits [B, C]: natural logarithms, means over the batch.
import type { Tensor } from "../tensor/index.js";

/** Mean entropy of the predictions, H(p) = −Σ p ln p with p = softmax(u): Tent's objective (Wang et al. 2021). */
export function entropy(logits: Tensor): Tensor {
  return logits.softmaxEntropy().mean();
}

/** Mean symmetric divergence KL(p_r ‖ p_o) + KL(p_o ‖ p_r) between online and target predictions: ZeroSiam's alignment. */
export function alignment(online: Tensor, target: Tensor): Tensor {
  return online.symmetricKL(target).mean();
}

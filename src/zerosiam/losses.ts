// The objectives and divergences, as named functions of logits [B, C]: natural logarithms, a value for each sample; and two
// of their means.
import { formatValue } from "../tensor/arguments.js";
import { arange, ConfigError, cat, full, scope, Tensor } from "../tensor/index.js";

/** A loss of each sample: logits `[B, C]` to `[B]`. */
export type SampleLoss = (logits: Tensor) => Tensor;

/** Entropy of the predictions, H(p) = −Σ p ln p with p = softmax(u): Tent's objective (Wang et al. 2021). */
export const softmaxEntropy: SampleLoss = (logits) => logits.softmaxEntropy();

function checked(owner: string, logits: Tensor): Tensor {
  if (logits instanceof Tensor) return logits;
  throw new ConfigError(`${owner}: the logits are ${formatValue(logits)}`, "pass a tensor [B, C]");
}

/** Mean of `softmaxEntropy` over the batch: what Tent descends. */
export function entropy(logits: Tensor): Tensor {
  return scope(() => softmaxEntropy(checked("entropy", logits)).mean());
}

/** Mean over the batch of KL(p_r ‖ p_o) + KL(p_o ‖ p_r): ZeroSiam's alignment with its default divergence. */
export function alignment(online: Tensor, target: Tensor): Tensor {
  return scope(() => checked("alignment", online).symmetricKL(target).mean());
}

/** The least ‖x‖² that `opinionEntropy` divides by: below it x is as good as 0. */
const TINY = 1e-30;

/**
 * COME's loss (Zhang et al. 2025), −Σ q ln q over q = [b, u] + 1e-7, as its authors compute it: beliefs
 * b_c = e^{x̃_c} / (Σ e^{x̃} + C) and uncertainty u = C / (Σ e^{x̃} + C). x̃ = x/‖x‖ · sg(‖x‖) is x, but its gradient cannot
 * change ‖x‖. As a softmax over [x̃, ln C] it does not overflow.
 */
export const opinionEntropy: SampleLoss = (logits) => {
  const [batch, classes] = logits.shape;
  const squares = logits.square().sum(-1, true).clamp(TINY);
  const x = logits.mul(squares.stopGradient().div(squares).sqrt());
  const q = cat([x, full([batch, 1], Math.log(classes), { device: logits.device })], 1)
    .softmax()
    .add(1e-7);
  return q.mul(q.log()).sum(-1).neg();
};

/**
 * Soft likelihood ratio (Mummadi et al. 2021): −Σ p_c ln(p_c / (1 − p_c)), whose gradient does not fade where the model is
 * sure. 1 − p of the likeliest class is the share of the others, taken from their logits: as a difference it would vanish.
 */
const softLikelihoodRatio: SampleLoss = (logits) => {
  const classes = arange(logits.shape[1], { dtype: "i32", device: logits.device });
  const top = classes.eq(logits.argmax(-1, true));
  const p = logits.softmax();
  const others = top.where(Number.NEGATIVE_INFINITY, logits).logsumexp(-1, true);
  const rest = top.where(0, p).neg().add(1).log(); // ln(1 − p), where p ≤ 1/2
  const logOdds = top.where(logits.sub(others), logits.logSoftmax().sub(rest));
  return p.mul(logOdds).sum(-1).neg();
};

/** Cross-entropy to the model's own most likely class, −ln max_c p_c. */
const pseudoLabel: SampleLoss = (logits) => logits.crossEntropy(logits.argmax(-1), { reduction: "none" });

/** −Σ p². */
const negativeSquares: SampleLoss = (logits) => logits.softmax().square().sum(-1).neg();

/** What ZeroSiam can minimise, of the online predictions. */
export const OBJECTIVES = Object.freeze({
  entropy: softmaxEntropy,
  "soft-likelihood-ratio": softLikelihoodRatio,
  "pseudo-label": pseudoLabel,
  "negative-squares": negativeSquares,
  "opinion-entropy": opinionEntropy,
} as const satisfies Record<string, SampleLoss>);

/** A divergence of each sample's online and target predictions: two times logits `[B, C]` to `[B]`. */
export type SampleDivergence = (online: Tensor, target: Tensor) => Tensor;

/** ½ KL(p_r ‖ m) + ½ KL(p_o ‖ m) with m = (p_r + p_o) / 2. */
const jensenShannon: SampleDivergence = (online, target) => {
  const [lo, lr] = [online.logSoftmax(), target.logSoftmax()];
  const pair = [1, ...lo.shape];
  const lm = cat([lo.reshape(pair), lr.reshape(pair)])
    .logsumexp(0)
    .sub(Math.LN2);
  const kl = (lp: Tensor) => lp.exp().mul(lp.sub(lm)).sum(-1);
  return kl(lo).add(kl(lr)).mul(0.5);
};

/** What can keep ZeroSiam's branches together. KL is that of the online from the target predictions, KL(p_r ‖ p_o). */
export const DIVERGENCES = Object.freeze({
  "symmetric-kl": (online, target) => online.symmetricKL(target),
  kl: (online, target) => target.klDivergence(online),
  "reverse-kl": (online, target) => online.klDivergence(target),
  "jensen-shannon": jensenShannon,
  mse: (online, target) => online.softmax().sub(target.softmax()).square().mean(-1),
} as const satisfies Record<string, SampleDivergence>);

// What one answer of a classifier says, from its logits u [C]: on the CPU and in float64.

/** The figures of one image's logits. */
export interface Answer {
  /** argmax_c u_c, the first of equals; −1 if some logit is NaN or infinite: no answer, and always wrong. */
  readonly prediction: number;
  /** Largest probability; 0 where there is no answer. */
  readonly confidence: number;
  /** Nats; NaN where there is no answer. */
  readonly entropy: number;
  /** NaN where there is no answer. */
  readonly logitNorm: number;
}

const NO_ANSWER: Answer = { prediction: -1, confidence: 0, entropy: Number.NaN, logitNorm: Number.NaN };

/** The answer of each row of `logits` [B, classes]. */
export function answers(logits: Float32Array, classes: number): Answer[] {
  return Array.from({ length: logits.length / classes }, (_, i) => {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    if (!row.every(Number.isFinite)) return NO_ANSWER;
    return {
      prediction: row.indexOf(largest(row)),
      confidence: confidence(row),
      entropy: entropy(row),
      logitNorm: logitNorm(row),
    };
  });
}

function largest(u: Float32Array): number {
  return u.reduce((a, b) => Math.max(a, b));
}

/** ln Σ_c e^{u_c}, shifted by the maximum so that it does not overflow. */
function logSumExp(u: Float32Array): number {
  const max = largest(u);
  let sum = 0;
  for (const value of u) sum += Math.exp(value - max);
  return max + Math.log(sum);
}

/** max_c p_c, p = softmax(u). */
function confidence(u: Float32Array): number {
  return Math.exp(largest(u) - logSumExp(u));
}

/** H(p) = −Σ_c p_c ln p_c, p = softmax(u), in nats. */
function entropy(u: Float32Array): number {
  const total = logSumExp(u);
  let sum = 0;
  for (const value of u) sum -= Math.exp(value - total) * (value - total);
  return sum;
}

/** ‖u‖₂ = √(Σ_c u_c²). */
function logitNorm(u: Float32Array): number {
  let squares = 0;
  for (const value of u) squares += value * value;
  return Math.sqrt(squares);
}

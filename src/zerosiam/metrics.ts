// What is measured on a stream, one function each, on the CPU and in float64. Logits are [B, C], row by row.
//
// A row with a NaN or an infinity is no answer: its prediction is −1, it counts as wrong, and means leave it out.

/** Σ over the finite rows of what `value` gives, divided by their number; NaN if there is none. */
function meanOverRows(logits: Float32Array, classes: number, value: (row: Float32Array) => number): number {
  let sum = 0;
  let n = 0;
  for (let i = 0; i < logits.length; i += classes) {
    const row = logits.subarray(i, i + classes);
    if (!row.every(Number.isFinite)) continue;
    sum += value(row);
    n++;
  }
  return n === 0 ? Number.NaN : sum / n;
}

/** argmax_c u_c of each row, the first of equals; −1 for a row that is not finite. [B] */
export function predict(logits: Float32Array, classes: number): Int32Array<ArrayBuffer> {
  const out = new Int32Array(logits.length / classes);
  for (let i = 0; i < out.length; i++) {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    out[i] = row.every(Number.isFinite) ? row.indexOf(row.reduce((a, b) => Math.max(a, b))) : -1;
  }
  return out;
}

/** Fraction of predictions that equal their label; NaN of none. */
export function accuracy(predictions: Int32Array, labels: Int32Array): number {
  let right = 0;
  for (const [i, prediction] of predictions.entries()) if (prediction === labels[i]) right++;
  return right / predictions.length;
}

/** ln Σ_c e^{u_c}, shifted by the maximum so that it does not overflow. */
function logSumExp(row: Float32Array): number {
  const max = row.reduce((a, b) => Math.max(a, b));
  let sum = 0;
  for (const u of row) sum += Math.exp(u - max);
  return max + Math.log(sum);
}

/** Mean of H(p) = −Σ_c p_c ln p_c, p = softmax(u), in nats. */
export function meanEntropy(logits: Float32Array, classes: number): number {
  return meanOverRows(logits, classes, (row) => {
    const total = logSumExp(row);
    let entropy = 0;
    for (const u of row) entropy -= Math.exp(u - total) * (u - total);
    return entropy;
  });
}

/** Mean of ‖u‖₂. */
export function meanLogitNorm(logits: Float32Array, classes: number): number {
  return meanOverRows(logits, classes, (row) => {
    let squares = 0;
    for (const u of row) squares += u * u;
    return Math.sqrt(squares);
  });
}

/** max_c p_c of each row, p = softmax(u); 0 for a row that is not finite. [B] */
export function confidences(logits: Float32Array, classes: number): Float64Array {
  return Float64Array.from({ length: logits.length / classes }, (_, i) => {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    if (!row.every(Number.isFinite)) return 0;
    return Math.exp(row.reduce((a, b) => Math.max(a, b)) - logSumExp(row));
  });
}

/**
 * Largest share that one class has among the trailing `window` predictions; null until that many exist.
 * The window is ⌈N/4⌉ of a stream of N. Predictions of −1 belong to no class.
 */
export function dominantShare(predictions: ArrayLike<number>, window: number): number | null {
  if (predictions.length < window) return null;
  const counts = new Map<number, number>();
  for (let i = predictions.length - window; i < predictions.length; i++) {
    const prediction = predictions[i];
    if (prediction >= 0) counts.set(prediction, (counts.get(prediction) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values()) / window;
}

/**
 * ECE = Σ_b (n_b / n) · |accuracy_b − confidence_b| over `bins` equal bins (k/bins, (k+1)/bins] of the confidence
 * (Guo et al. 2017, eq. 3).
 * @param correct whether each prediction is right, in the order of `confidence`
 */
export function expectedCalibrationError(
  confidence: ArrayLike<number>,
  correct: ArrayLike<boolean>,
  bins = 15,
): number {
  // Σ_b n_b·|acc_b − conf_b| = Σ_b |Σ_{i in b} (correct_i − confidence_i)|
  const gaps = new Float64Array(bins);
  for (let i = 0; i < confidence.length; i++) {
    const bin = Math.min(bins - 1, Math.max(0, Math.ceil(confidence[i] * bins) - 1));
    gaps[bin] += Number(correct[i]) - confidence[i];
  }
  return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / confidence.length;
}

/** Two-sided 95 % quantiles of Student's t for 1 to 10 degrees of freedom. */
const T_95 = [12.7062, 4.30265, 3.18245, 2.77645, 2.57058, 2.44691, 2.36462, 2.306, 2.26216, 2.22814];

/** Above, the expansion about the normal quantile z (Abramowitz and Stegun 26.7.5); off by 2e-4 at most. */
function tQuantile(degrees: number): number {
  if (degrees <= T_95.length) return T_95[degrees - 1];
  const z = 1.959964;
  const first = (z ** 3 + z) / 4;
  const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  const third = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384;
  return z + first / degrees + second / degrees ** 2 + third / degrees ** 3;
}

/** Mean m of n runs and the half width of its 95 % interval, m ± t_{n−1}·s/√n (Student); null for a single run. */
export function meanWithInterval(values: readonly number[]): { mean: number; ci95: number | null } {
  const n = values.length;
  const mean = values.reduce((sum, v) => sum + v, 0) / n;
  if (n < 2) return { mean, ci95: null };
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (n - 1);
  return { mean, ci95: tQuantile(n - 1) * Math.sqrt(variance / n) };
}

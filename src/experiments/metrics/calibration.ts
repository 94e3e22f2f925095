// Calibration: how often answers of a given confidence are right.

/** The answers whose confidence lies in one bin (k/bins, (k+1)/bins]; 0 belongs to the first. */
export interface CalibrationBin {
  readonly n: number;
  /** Mean confidence of these answers; NaN of none. */
  readonly confidence: number;
  /** Share of them that is right; NaN of none. */
  readonly accuracy: number;
}

/** Sums by bin, so that any number of answers takes the same memory: a reliability diagram and its error. */
export class Calibration {
  readonly #n: Float64Array;
  readonly #confidence: Float64Array;
  readonly #right: Float64Array;

  /** @param bins how many, of equal width */
  constructor(bins = 15) {
    this.#n = new Float64Array(bins);
    this.#confidence = new Float64Array(bins);
    this.#right = new Float64Array(bins);
  }

  add(confidence: number, right: boolean): void {
    const bins = this.#n.length;
    const bin = Math.min(bins - 1, Math.max(0, Math.ceil(confidence * bins) - 1));
    this.#n[bin]++;
    this.#confidence[bin] += confidence;
    this.#right[bin] += Number(right);
  }

  get bins(): CalibrationBin[] {
    return Array.from(this.#n, (n, bin) => ({
      n,
      confidence: this.#confidence[bin] / n,
      accuracy: this.#right[bin] / n,
    }));
  }

  /** ECE = Σ_b (n_b / n) · |accuracy_b − confidence_b| (Guo et al. 2017, eq. 3); NaN of no answers. */
  get error(): number {
    // n_b · |accuracy_b − confidence_b| = |Σ_{i in b} (right_i − confidence_i)|
    const gaps = this.#right.reduce((sum, right, bin) => sum + Math.abs(right - this.#confidence[bin]), 0);
    return gaps / this.#n.reduce((sum, n) => sum + n, 0);
  }
}

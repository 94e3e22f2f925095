// Dominance: whether one class takes over the answers.

/**
 * The largest share that one class has among the trailing `window` predictions: max_c #{i in window: ŷ_i = c} / window,
 * with window = ⌈N/4⌉ of a stream of N; null until that many exist. A prediction of −1 belongs to no class. The counts
 * slide, so that a prediction costs no more on a long stream than on a short one.
 */
export class DominantShare {
  readonly #trailing: Int32Array;
  readonly #counts = new Map<number, number>();
  #seen = 0;

  constructor(window: number) {
    this.#trailing = new Int32Array(window);
  }

  add(prediction: number): void {
    const at = this.#seen % this.#trailing.length;
    if (this.#seen >= this.#trailing.length) this.#change(this.#trailing[at], -1);
    this.#trailing[at] = prediction;
    this.#change(prediction, 1);
    this.#seen++;
  }

  #change(prediction: number, by: number): void {
    if (prediction >= 0) this.#counts.set(prediction, (this.#counts.get(prediction) ?? 0) + by);
  }

  get value(): number | null {
    const window = this.#trailing.length;
    return this.#seen < window ? null : Math.max(0, ...this.#counts.values()) / window;
  }
}

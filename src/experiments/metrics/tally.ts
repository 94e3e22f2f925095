// Means over images: of a batch, of one corruption, of a whole stream.
import type { Answer } from "../../zerosiam/answers.js";
import { Calibration, type CalibrationBin } from "./calibration.js";

/** Adds up answers. An answer that is none counts as wrong, with confidence 0, and the other means leave it out. */
export class Tally {
  /** Images. */
  n = 0;
  /** Images whose logits were not all finite. */
  nonFinite = 0;
  #labelled = 0;
  /** Of the labelled images. */
  #answered = 0;
  #right = 0;
  #entropy = 0;
  #logitNorm = 0;
  readonly #calibration = new Calibration();

  /** Counts an answer to an image of class `label`; −1 for none: such an image is left out of accuracy and calibration. */
  add(answer: Answer, label: number): void {
    this.n++;
    if (label >= 0) {
      const right = answer.prediction === label;
      this.#labelled++;
      if (right) this.#right++;
      if (answer.prediction >= 0) this.#answered++;
      this.#calibration.add(answer.confidence, right);
    }
    if (answer.prediction < 0) {
      this.nonFinite++;
      return;
    }
    this.#entropy += answer.entropy;
    this.#logitNorm += answer.logitNorm;
  }

  /** Right answers ÷ images with a label; NaN of none. */
  get accuracy(): number {
    return this.#right / this.#labelled;
  }

  /** Mean of H(p) over the finite answers, in nats; NaN of none. */
  get entropy(): number {
    return this.#entropy / (this.n - this.nonFinite);
  }

  /** Mean of ‖u‖₂ over the finite answers; NaN of none. */
  get logitNorm(): number {
    return this.#logitNorm / (this.n - this.nonFinite);
  }

  /**
   * Expected calibration error, 15 bins; NaN without labels, and without any answer: confidence 0 in what is always wrong
   * would be perfect.
   */
  get calibrationError(): number {
    return this.#answered === 0 ? Number.NaN : this.#calibration.error;
  }

  /** The reliability diagram: 15 bins of confidence. */
  get bins(): CalibrationBin[] {
    return this.#calibration.bins;
  }
}

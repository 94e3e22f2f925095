// What a run will not survive well: seen at its first step or in what steps report, said once, with the remedy.
import { BatchNorm2d, type Classifier } from "../../nn/index.js";
import type { StepReport } from "./stepMetrics.js";

/** What a run will not survive well, and the remedy. */
export interface MethodWarning {
  /** What it is about: "rate", "batch-norm", "episodic", "images", "answers", "update" or "recovery". Each comes once. */
  readonly about: string;
  readonly message: string;
  readonly help: string;
}

/** Published recipes have 1.6e-4 of SGD's rate an image at most: ZeroSiam's at batch 1. */
const RATE_PER_IMAGE = 2e-4;
/** Fewer values give no mean and variance to normalise by. */
const FEWEST_VALUES = 16;
/** Normalised pixels are a few units: from −3 to 3 by the statistics of ImageNet. */
const LARGEST_PIXEL = 50;
/** Recoveries in a row. */
const RECOVERIES = 3;

export class Warnings {
  readonly list: MethodWarning[] = [];
  #recoveries = 0;
  #inARow = 0;

  say(about: string, message: string, help: string): void {
    if (!this.list.some((warning) => warning.about === about)) this.list.push({ about, message, help });
  }

  /** After the first step, of `batch` images, at SGD's rate `lr`; null for another optimiser, or none. */
  hearFirst(model: Classifier, batch: number, lr: number | null): void {
    if (lr !== null && lr / batch > RATE_PER_IMAGE) {
      const help = `scale it by the batch: ${lr} for 64 images is ${Number(((lr * batch) / 64).toPrecision(3))} here`;
      this.say("rate", `a rate of ${lr} is high for batches of ${batch}`, help);
    }
    const norms = [...model.namedModules()].flatMap(([, m]) =>
      m instanceof BatchNorm2d ? (m.valuesPerChannel ?? []) : [],
    );
    const fewest = Math.min(...norms);
    if (fewest >= FEWEST_VALUES && (batch > 1 || norms.length === 0)) return;
    const same = fewest === 1 ? ", so that all images get the same answer" : "";
    this.say(
      "batch-norm",
      `batch norm has ${fewest} values a channel, of ${batch} images, to normalise by${same}`,
      "use larger batches, or a model with group or layer norm",
    );
  }

  /** What a step reported of images that were finite; `largest` of their pixels is 0 after the first step. */
  hear({ recoveries, updated, kept }: StepReport, answersFinite: boolean, largest: number, classes: number): void {
    if (largest > LARGEST_PIXEL) {
      const help = "normalise as the model was trained: (x / 255 − mean) / std, with a mean from 0 to 1";
      this.say("images", `pixels reach ${largest}`, help);
    }
    if (!answersFinite) this.say("answers", "the answers are NaN or infinite", "look for such values in the weights");
    else if (!updated && kept !== 0) {
      const help = "lower the rates, or look at what was loaded; reset() starts anew";
      this.say("update", "a step would have left values that are not finite, and was not made", help);
    }
    this.#inARow = (recoveries ?? 0) > this.#recoveries ? this.#inARow + 1 : 0;
    this.#recoveries = recoveries ?? 0;
    if (this.#inARow < RECOVERIES) return;
    const scaled = ((0.2 * Math.log(classes)) / Math.log(1000)).toPrecision(2);
    const help = `lower recoverBelow: 0.2 is for 1000 classes; of ln ${classes} that share is ${scaled}`;
    this.say("recovery", `${RECOVERIES} steps in a row ended where adaptation began`, help);
  }
}

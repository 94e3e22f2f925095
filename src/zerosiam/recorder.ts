// Keeps the figures of one method's way through a stream: a row per batch, and totals.
import { ShapeError } from "../tensor/errors.js";
import {
  accuracy,
  confidences,
  dominantShare,
  expectedCalibrationError,
  meanEntropy,
  meanLogitNorm,
  predict,
} from "./metrics.js";
import type { Batch } from "./streams/stream.js";

/** The figures of one batch, taken before the update on it. */
export interface StreamRow {
  /** Number of the batch, from 1. */
  readonly step: number;
  readonly n: number;
  readonly accuracy: number;
  /** Nats; NaN if no row of logits was finite. */
  readonly entropy: number;
  /** NaN if no row of logits was finite. */
  readonly logitNorm: number;
  /** Among the trailing ⌈N/4⌉ predictions; null until that many exist. */
  readonly dominantShare: number | null;
}

/** Accuracy on the images of one corruption. */
export interface CorruptionScore {
  readonly n: number;
  readonly accuracy: number;
}

/** Accumulates rows from the logits that a method returned. */
export class StreamRecorder {
  readonly rows: StreamRow[] = [];
  /** Every prediction so far, −1 where the logits were not finite. */
  readonly predictions: number[] = [];
  /** Share of each class among the predictions of each batch: [steps][classes]. */
  readonly classShare: number[][] = [];
  private readonly correct: boolean[] = [];
  private readonly confidence: number[] = [];
  private readonly corruptions: string[] = [];

  /**
   * @param classes number of classes, C
   * @param length images of the whole stream, N: the window of `dominantShare` is ⌈N/4⌉
   */
  constructor(
    readonly classes: number,
    readonly length: number,
  ) {}

  /** Adds a batch and its logits [n, C], and returns its row. Throws ShapeError if they do not fit. */
  record(batch: Pick<Batch, "labels" | "corruptions">, logits: Float32Array): StreamRow {
    const { labels, corruptions } = batch;
    const n = labels.length;
    if (n === 0 || logits.length !== n * this.classes) {
      throw new ShapeError(
        `StreamRecorder: ${logits.length} logits for ${n} labels of ${this.classes} classes (≠ ${n * this.classes})`,
        "give one row of logits per label, for at least one label",
      );
    }
    const predictions = predict(logits, this.classes);
    this.predictions.push(...predictions);
    this.correct.push(...Array.from(predictions, (prediction, i) => prediction === labels[i]));
    this.confidence.push(...confidences(logits, this.classes));
    this.corruptions.push(...corruptions);
    this.classShare.push(shares(predictions, this.classes));
    const row = {
      step: this.rows.length + 1,
      n,
      accuracy: accuracy(predictions, labels),
      entropy: meanEntropy(logits, this.classes),
      logitNorm: meanLogitNorm(logits, this.classes),
      dominantShare: dominantShare(this.predictions, Math.ceil(this.length / 4)),
    };
    this.rows.push(row);
    return row;
  }

  /** Images seen. */
  get n(): number {
    return this.predictions.length;
  }

  /** Over all images seen; NaN before the first. */
  get accuracy(): number {
    return this.correct.filter(Boolean).length / this.n;
  }

  /** Images whose logits were not all finite. */
  get nonFinite(): number {
    return this.predictions.filter((prediction) => prediction < 0).length;
  }

  /** Expected calibration error over all images seen, 15 bins. */
  get calibrationError(): number {
    return expectedCalibrationError(this.confidence, this.correct);
  }

  /** Accuracy per corruption, in the order in which they first appeared. */
  perCorruption(): Map<string, CorruptionScore> {
    const right = new Map<string, boolean[]>();
    for (const [i, name] of this.corruptions.entries()) {
      const seen = right.get(name) ?? [];
      seen.push(this.correct[i]);
      right.set(name, seen);
    }
    return new Map(
      [...right].map(([name, seen]) => [name, { n: seen.length, accuracy: seen.filter(Boolean).length / seen.length }]),
    );
  }
}

function shares(predictions: Int32Array, classes: number): number[] {
  const counts = Array<number>(classes).fill(0);
  for (const prediction of predictions) if (prediction >= 0) counts[prediction]++;
  return counts.map((count) => count / predictions.length);
}

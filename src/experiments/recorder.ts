// Keeps the figures of one method's way through a stream: a row per batch, and totals, pooled and by corruption.

import type { Batch } from "../data/streams/stream.js";
import { ConfigError, ShapeError } from "../tensor/errors.js";
import { type Answer, answers } from "../zerosiam/answers.js";
import { DominantShare } from "../zerosiam/dominance.js";
import type { StepReport } from "../zerosiam/methods/index.js";
import { Tally } from "./metrics/index.js";

/** The terms of the loss, means over the batch; null where a method has none, or only answered. */
export interface StreamTerms {
  readonly loss: number | null;
  /** Mean entropy of the predictions that learn, or the objective in its place, which the loss holds; `entropy` of the row is that of the answers. */
  readonly onlineEntropy: number | null;
  /** Mean divergence between the branches, before α. */
  readonly alignment: number | null;
  /** ‖W_h − I‖_F = √(Σ_ij (W_ij − δ_ij)²), after the update. */
  readonly predictorDistance: number | null;
}

/** What a method made of a batch beside its loss; null where it selects nothing or never recovers, or only answered. */
export interface StreamCounts {
  /** Images that the entropy threshold let through. */
  readonly reliable: number | null;
  /** Images that were learnt from. */
  readonly kept: number | null;
  /** SAR: recoveries so far, this batch's included. */
  readonly recoveries: number | null;
}

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

/** What a step reported, as far as it is kept. */
export type StreamReport = StreamTerms & StreamCounts;

/** What is right for the images of a batch. */
export type Labels = Pick<Batch, "labels" | "corruptions">;

/** Accumulates rows from the logits that a method returned. */
export class StreamRecorder {
  readonly rows: StreamRow[] = [];
  /** For each row, what its loss was made of. */
  readonly terms: StreamTerms[] = [];
  /** For each row, what was selected of it. */
  readonly counts: StreamCounts[] = [];
  /** Every answer so far, in full: what the figures are made of. */
  readonly answers: Answer[] = [];
  /** Every prediction so far, −1 where the logits were not finite. */
  readonly predictions: number[] = [];
  /** Share of each class among the predictions of each batch: [steps][classes]. */
  readonly classShare: number[][] = [];
  /** The same among the labels. */
  readonly labelShare: number[][] = [];
  /** Over all images seen. */
  readonly total = new Tally();
  /** By corruption, in the order in which they first appeared. */
  readonly perCorruption = new Map<string, Tally>();
  readonly #dominant: DominantShare;

  /**
   * @param classes number of classes, C
   * @param length images of the whole stream, N: the window of `dominantShare` is ⌈N/4⌉
   */
  constructor(
    readonly classes: number,
    readonly length: number,
  ) {
    this.#dominant = new DominantShare(Math.ceil(length / 4));
  }

  /**
   * Adds a batch, its logits [n, C] and what the step reported, and returns its row. Throws ShapeError if they do not fit,
   * ConfigError for a label that is no class (−1 is none); then nothing has changed.
   */
  record(batch: Labels, logits: Float32Array, report?: StepReport): StreamRow {
    const n = batch.labels.length;
    if (n === 0 || logits.length !== n * this.classes) {
      throw new ShapeError(
        `StreamRecorder: ${logits.length} logits for ${n} labels of ${this.classes} classes (≠ ${n * this.classes})`,
        "give one row of logits per label, for at least one label",
      );
    }
    return this.recordAnswers(batch, answers(logits, this.classes), { ...termsOf(report), ...countsOf(report) });
  }

  /** Adds a batch by its answers and what its step reported. Throws ConfigError as `record` does. */
  recordAnswers({ labels, corruptions }: Labels, given: readonly Answer[], report: StreamReport): StreamRow {
    const n = labels.length;
    const odd = labels.findIndex((label) => label < -1 || label >= this.classes);
    if (odd >= 0) {
      throw new ConfigError(
        `StreamRecorder: label ${odd} of the batch is ${labels[odd]}, of ${this.classes} classes`,
        `labels are class indices from 0 to ${this.classes - 1}, or -1`,
      );
    }
    const tally = new Tally();
    for (const [i, answer] of given.entries()) {
      for (const sum of [tally, this.total, this.#tallyOf(corruptions[i])]) sum.add(answer, labels[i]);
      this.answers.push(answer);
      this.predictions.push(answer.prediction);
      this.#dominant.add(answer.prediction);
    }
    this.classShare.push(shares(this.predictions.slice(-n), this.classes));
    this.labelShare.push(shares(labels, this.classes));
    const { accuracy, entropy, logitNorm } = tally;
    const row = { step: this.rows.length + 1, n, accuracy, entropy, logitNorm, dominantShare: this.#dominant.value };
    this.rows.push(row);
    this.terms.push(termsOf(report));
    this.counts.push(countsOf(report));
    return row;
  }

  #tallyOf(corruption: string): Tally {
    const tally = this.perCorruption.get(corruption) ?? new Tally();
    this.perCorruption.set(corruption, tally);
    return tally;
  }

  /** Images seen. */
  get n(): number {
    return this.total.n;
  }

  /** Over all images seen; NaN before the first. */
  get accuracy(): number {
    return this.total.accuracy;
  }

  /** Over the trailing ⌈N/4⌉ predictions, as the last row has it. */
  get dominantShare(): number | null {
    return this.#dominant.value;
  }
}

/** Share of each class; −1 is none. [classes] */
function shares(labels: ArrayLike<number>, classes: number): number[] {
  const counts = Array<number>(classes).fill(0);
  for (let i = 0; i < labels.length; i++) if (labels[i] >= 0) counts[labels[i]]++;
  return counts.map((count) => count / labels.length);
}

function termsOf(report: StreamTerms | undefined): StreamTerms {
  if (!report) return { loss: null, onlineEntropy: null, alignment: null, predictorDistance: null };
  const { loss, onlineEntropy, alignment, predictorDistance } = report;
  return { loss, onlineEntropy, alignment, predictorDistance };
}

function countsOf(report: StreamCounts | undefined): StreamCounts {
  if (!report) return { reliable: null, kept: null, recoveries: null };
  const { reliable, kept, recoveries } = report;
  return { reliable, kept, recoveries };
}

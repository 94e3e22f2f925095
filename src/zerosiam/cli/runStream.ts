// Shows a stream to several methods side by side, a batch at a time, and keeps what each did.
import { type Tensor, tensor } from "../../tensor/index.js";
import type { Method } from "../methods/index.js";
import { StreamRecorder } from "../recorder.js";
import type { ReportCorruption, ReportMethod } from "../report/data.js";
import type { LiveView } from "../report/terminal.js";
import type { Batch } from "../streams/index.js";
import type { Interrupt } from "./interrupt.js";

/** One method on its way through a stream. */
export class Runner {
  readonly recorder: StreamRecorder;
  /** ‖W_h − I‖_F after each batch, null where there is no predictor. */
  readonly distances: (number | null)[] = [];
  /** Batches that changed nothing because their gradient was not finite. */
  notUpdated = 0;
  #seconds = 0;

  /** @param length images of the whole stream */
  constructor(
    readonly method: Method,
    readonly settings: ReportMethod["settings"],
    length: number,
  ) {
    this.recorder = new StreamRecorder(method.model.numClasses, length);
  }

  /** Steps on a batch, waits for it and records it. Rejects with NonFiniteError for images that are not finite. */
  async step(batch: Batch, images: Tensor): Promise<void> {
    const start = performance.now();
    const { logits, metrics } = this.method.step(images);
    const answers = await logits.data();
    const { predictorDistance, updated } = await metrics.read();
    this.#seconds += (performance.now() - start) / 1000;
    this.recorder.record(batch, answers as Float32Array);
    this.distances.push(predictorDistance);
    if (!updated) this.notUpdated++;
  }

  /** Wall time of the steps, read-back included, by image; NaN before the first. */
  get secondsPerImage(): number {
    return this.#seconds / this.recorder.n;
  }

  /** As reports show it. */
  toReport(): ReportMethod {
    const { recorder, distances } = this;
    const rows = recorder.rows.map((row, i) => ({ ...row, predictorDistance: distances[i] }));
    const { accuracy, classShare } = recorder;
    const { secondsPerImage, settings } = this;
    return { name: this.method.name, accuracy, secondsPerImage, settings, rows, classShare };
  }
}

/** Shares of each class among the labels of each batch: [steps][classes]. */
export type LabelShare = number[][];

/**
 * Runs all batches, or as many as come before Ctrl-C; a batch that was begun is finished by all methods.
 * Returns the shares of the labels that were shown.
 */
export async function runStream(
  batches: Iterable<Batch> | AsyncIterable<Batch>,
  runners: readonly Runner[],
  view: LiveView,
  interrupt: Interrupt,
): Promise<LabelShare> {
  const labelShare: LabelShare = [];
  for await (const batch of batches) {
    if (interrupt.requested) break;
    using images = tensor(batch.images, batch.shape);
    for (const runner of runners) {
      await runner.step(batch, images);
      const { rows } = runner.recorder;
      view.update(runner.method.name, rows[rows.length - 1]);
    }
    labelShare.push(shares(batch.labels, runners[0].recorder.classes));
  }
  view.finish();
  return labelShare;
}

function shares(labels: Int32Array, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]++;
  return counts.map((count) => count / labels.length);
}

/** Accuracy of every method on each corruption, in the order in which the corruptions appeared. */
export function corruptionTable(runners: readonly Runner[]): ReportCorruption[] {
  const scores = runners.map(({ method, recorder }) => [method.name, recorder.perCorruption()] as const);
  const [, first] = scores[0];
  return [...first].map(([name, { n }]) => ({
    name,
    n,
    accuracy: Object.fromEntries(scores.map(([method, table]) => [method, table.get(name)?.accuracy ?? Number.NaN])),
  }));
}

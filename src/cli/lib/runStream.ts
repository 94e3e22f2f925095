// Shows a stream to several methods side by side, a batch at a time, and keeps what each did.

import type { Batch } from "../../data/streams/index.js";
import { curveRows } from "../../experiments/curves.js";
import { type Runner, upload } from "../../experiments/runner.js";
import type { ReportCorruption, ReportMethod } from "../../report/data.js";
import { percent } from "../../report/format.js";
import type { LiveView } from "../../report/terminal.js";
import type { CollapseWarning } from "../../zerosiam/alarm.js";
import type { Interrupt } from "./interrupt.js";

/** A method's run as reports show it. */
export function reportMethod({ method, recorder, secondsPerImage }: Runner, settings: ReportMethod["settings"]) {
  const { accuracy, classShare, total } = recorder;
  const known = (value: number): number | null => (Number.isNaN(value) ? null : value);
  const bins = total.bins.map((bin) => ({
    n: bin.n,
    confidence: known(bin.confidence),
    accuracy: known(bin.accuracy),
  }));
  const rows = curveRows(recorder);
  return { name: method.name, accuracy, secondsPerImage, settings, rows, classShare, bins } satisfies ReportMethod;
}

/** Runs all batches, or as many as come before Ctrl-C; a batch that was begun is finished by all methods, and `onBatch`. */
export async function runStream(
  batches: Iterable<Batch> | AsyncIterable<Batch>,
  runners: readonly Runner[],
  view: LiveView,
  interrupt: Interrupt,
  onBatch: () => Promise<void> = async () => {},
): Promise<void> {
  for await (const batch of batches) {
    if (interrupt.requested) break;
    using images = upload(batch, runners[0].method.model);
    for (const runner of runners) {
      const warning = await runner.step(batch, images);
      const { rows } = runner.recorder;
      view.update(runner.method.name, rows[rows.length - 1]);
      if (warning) view.interject(warningText(warning, runner));
    }
    await onBatch();
  }
  view.finish();
}

/** What the alarm saw, and what was done. */
function warningText(
  { images, unanswered, dominance, entropyRatio, normRatio }: CollapseWarning,
  { method, guard }: Runner,
): string {
  const silent = unanswered > 0 ? `${percent(unanswered)} of the answers are not finite, ` : "";
  const seen = `${silent}one class has ${percent(dominance)} of the answers`;
  const ratios = `entropy ${entropyRatio.toFixed(2)} times, logit norm ${normRatio.toFixed(2)} times what they were`;
  const done = guard?.response === "rollback" ? "; rolled back, rates lowered" : "";
  return `collapse? ${method.name} after ${images} images: ${seen}, ${ratios}${done}`;
}

/** Accuracy of every method on each corruption, in the order in which the corruptions appeared. */
export function corruptionTable(runners: readonly Runner[]): ReportCorruption[] {
  const scores = runners.map(({ method, recorder }) => [method.name, recorder.perCorruption] as const);
  const [, first] = scores[0];
  return [...first].map(([name, { n }]) => ({
    name,
    n,
    accuracy: Object.fromEntries(scores.map(([method, table]) => [method, table.get(name)?.accuracy ?? Number.NaN])),
  }));
}

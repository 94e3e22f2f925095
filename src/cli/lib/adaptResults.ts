// What `zerosiam adapt` found, for its JSON and for people.
import type { StreamRecorder } from "../../experiments/recorder.js";
import type { Runner } from "../../experiments/runner.js";
import type { Normalization } from "../../nn/models/registry.js";
import { memory } from "../../tensor/index.js";
import type { AdaptOptions } from "./adaptFlags.js";
import type { Passes } from "./passes.js";

/** The document beside its common part. Figures are of all images, those of the run that it went on from included. */
export function resultsOf(
  { method, recorder, warnings, secondsPerImage, notUpdated }: Runner,
  passes: Passes,
  { epochs, resetEach, evaluate }: AdaptOptions,
  evaluated: StreamRecorder | null,
): Record<string, unknown> {
  const { rows, counts } = recorder;
  const perFile = [...recorder.perCorruption].map(([file, { n, accuracy }]) => [file, { n, accuracy }]);
  return {
    method: method.name,
    accuracy: recorder.accuracy,
    n: recorder.n,
    calibrationError: recorder.total.calibrationError,
    perBatch: rows.map((row, i) => ({ ...row, ...counts[i] })),
    secondsPerImage,
    peakBytes: memory().peakBytes,
    notUpdated,
    reliable: total(counts.map(({ reliable }) => reliable)),
    kept: total(counts.map(({ kept }) => kept)),
    recoveries: recoveriesOf(counts.map(({ recoveries }) => recoveries)),
    /** What the alarm told. */
    warnings,
    ...(epochs > 1 && { perEpoch: perEpoch(recorder, passes) }),
    ...(resetEach && { perFile: Object.fromEntries(perFile) }),
    ...(evaluate && { evaluated: evaluated && figuresOf(evaluated) }),
  };
}

function figuresOf({ accuracy, n, total: { calibrationError } }: StreamRecorder) {
  return { accuracy, n, calibrationError };
}

/** Null where the method has none. */
function total(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
}

/** The method counts from its last reset on: what it said before it began again counts too. */
function recoveriesOf(counts: readonly (number | null)[]): number | null {
  return total(counts.map((now, i) => (now === null ? null : Math.max(0, now - (counts[i - 1] ?? 0)))));
}

/** Accuracy of each epoch that was begun. */
function perEpoch({ predictions }: StreamRecorder, passes: Passes): { n: number; accuracy: number }[] {
  const epochs = Math.ceil(predictions.length / passes.epoch);
  return Array.from({ length: epochs }, (_, epoch) => {
    const start = epoch * passes.epoch;
    const own = predictions.slice(start, start + passes.epoch);
    const labels = own.map((_, i) => passes.sample(start + i).label);
    const right = own.filter((prediction, i) => prediction === labels[i] && labels[i] >= 0).length;
    return { n: own.length, accuracy: right / labels.filter((label) => label >= 0).length };
  });
}

/** What is to be done, for people. */
export function planText(
  { images, from }: { images: number; from: string | undefined },
  { method }: Runner,
  { length }: Passes,
  { batch }: AdaptOptions,
): string {
  if (images > 0 && images === length)
    return `${method.name}: nothing is left to do: all ${images} images were seen before`;
  const seen = images > 0 ? `, after ${images} that were seen before` : "";
  const other = from !== undefined && images === 0;
  const why = other ? ", all of them: the state was saved on another stream or between its batches" : "";
  return `${method.name}: ${length - images} images in batches of ${batch}${seen}${why}`;
}

/** Which normalisation is used, and whose it is. */
export function normalizationText({ mean, std }: Normalization, options: AdaptOptions): string {
  const whose = (flag: "mean" | "std") => (options[flag] ? `--${flag}` : `of ${options.model}`);
  return `normalised by mean ${mean.join(", ")} (${whose("mean")}) and std ${std.join(", ")} (${whose("std")})`;
}

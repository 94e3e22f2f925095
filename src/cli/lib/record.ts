// What a run has answered so far, as tensors of its state file: a run that goes on has the figures of all images.
import type { Labels, StreamReport } from "../../experiments/recorder.js";
import type { Runner } from "../../experiments/runner.js";
import type { StoredTensor } from "../../nn/io/safetensors.js";
import { CheckpointError } from "../../tensor/index.js";
import type { Answer } from "../../zerosiam/answers.js";

const HELP = "use a file written by --save or --checkpoint";

/** Names of these tensors begin so. */
export const RECORD_PREFIX = "record.";

const ANSWER = ["prediction", "confidence", "entropy", "logitNorm"] as const satisfies readonly (keyof Answer)[];
const REPORT = [
  ...(["loss", "onlineEntropy", "alignment", "predictorDistance"] as const),
  ...(["reliable", "kept", "recoveries"] as const),
] satisfies readonly (keyof StreamReport)[];

/** `record.answers` F64 [images, 4] and `record.steps` F64 [batches, 1 + 7]: images of a batch, its report, NaN for null. */
export function encodeRecord({ recorder }: Runner): [string, StoredTensor][] {
  const { answers, rows, terms, counts } = recorder;
  const reports = rows.map(({ n }, i) => {
    const report = { ...terms[i], ...counts[i] };
    return [n, ...REPORT.map((name) => report[name] ?? Number.NaN)];
  });
  return [
    [
      `${RECORD_PREFIX}answers`,
      stored(
        answers.map((answer) => ANSWER.map((name) => answer[name])),
        ANSWER.length,
      ),
    ],
    [`${RECORD_PREFIX}steps`, stored(reports, 1 + REPORT.length)],
  ];
}

function stored(rows: readonly (readonly number[])[], width: number): StoredTensor {
  const data = new Uint8Array(Float64Array.from(rows.flat()).buffer);
  return { dtype: "F64", shape: [rows.length, width], data };
}

/**
 * Tells the recorder of a fresh run what an earlier one answered to the batches that it has `seen`. Throws
 * CheckpointError, naming `source`, for tensors that `encodeRecord` does not make of these batches.
 */
export function restoreRecord(
  { recorder }: Runner,
  tensors: ReadonlyMap<string, StoredTensor>,
  seen: readonly Labels[],
  source: string,
): void {
  const answers = rowsOf(tensors, "answers", ANSWER.length, source);
  const steps = rowsOf(tensors, "steps", 1 + REPORT.length, source);
  const images = seen.reduce((sum, { labels }) => sum + labels.length, 0);
  if (answers.length !== images || String(steps.map(([n]) => n)) !== String(seen.map(({ labels }) => labels.length))) {
    throw new CheckpointError(
      `${source}: has ${answers.length} answers in ${steps.length} batches, for ${images} images in ${seen.length}`,
      HELP,
    );
  }
  const odd = answers.findIndex((row) => !isAnswer(named(ANSWER, row) as unknown as Answer, recorder.classes));
  if (odd >= 0) throw new CheckpointError(`${source}: answer ${odd} is ${answers[odd].join(", ")}`, HELP);
  const report = steps.findIndex(([, ...row]) => !isReport(named(REPORT, row) as unknown as StreamReport));
  if (report >= 0) throw new CheckpointError(`${source}: batch ${report} reported ${steps[report].join(", ")}`, HELP);
  for (const [i, batch] of seen.entries()) {
    const given = answers.slice(recorder.n, recorder.n + batch.labels.length);
    const known = steps[i].slice(1).map((value) => (Number.isNaN(value) ? null : value));
    recorder.recordAnswers(
      batch,
      given.map((row) => named(ANSWER, row) as unknown as Answer),
      named(REPORT, known) as unknown as StreamReport,
    );
  }
}

/** Whether a model of so many classes can answer so. Means of f32 probabilities may end a rounding above 1. */
function isAnswer({ prediction, confidence, entropy, logitNorm }: Answer, classes: number): boolean {
  if (prediction === -1) return confidence === 0;
  const figures = [confidence, entropy, logitNorm].every(Number.isFinite);
  const isClass = Number.isInteger(prediction) && prediction >= 0 && prediction < classes;
  return isClass && figures && confidence >= 0 && confidence <= 1 + 1e-6 && logitNorm >= 0;
}

/** Whether a step can report so: NaN stands for null, and a loss may be infinite. */
function isReport({ reliable, kept, recoveries }: StreamReport): boolean {
  return [reliable, kept, recoveries].every(
    (count) => Number.isNaN(count) || (Number.isSafeInteger(count) && Number(count) >= 0),
  );
}

function named<T>(names: readonly string[], values: readonly T[]): Record<string, T> {
  return Object.fromEntries(names.map((name, i) => [name, values[i]]));
}

function rowsOf(tensors: ReadonlyMap<string, StoredTensor>, name: string, width: number, source: string): number[][] {
  const tensor = tensors.get(RECORD_PREFIX + name);
  if (tensor?.dtype !== "F64" || tensor.shape.length !== 2 || tensor.shape[1] !== width) {
    throw new CheckpointError(
      `${source}: ${RECORD_PREFIX}${name} is ${tensor ? `${tensor.dtype} [${tensor.shape.join(", ")}]` : "missing"}`,
      HELP,
    );
  }
  const values = new Float64Array(new Uint8Array(tensor.data).buffer);
  return Array.from({ length: tensor.shape[0] }, (_, i) => [...values.subarray(i * width, (i + 1) * width)]);
}

// The one schema of a finished cell: a line of a results file, checked whole before anyone uses a part of it.
import { parseJson } from "../../nn/io/json.js";
import { CheckpointError, ConfigError } from "../../tensor/index.js";
import { checkFormat, FORMATS, UNNUMBERED } from "../format.js";
import type { Finished } from "./cell.js";
import { Field } from "./field.js";

const KIND = "cell of a sweep";

/** How lines begin, by their format: tells a line that was cut off from another file's text. */
const STARTS = Array.from({ length: FORMATS[KIND] + 1 }, (_, format) => {
  const number = format === UNNUMBERED ? "" : `"format":${format},`;
  return `{${number}"setting":{"model":"`;
});

/**
 * Names become parts of files' names and of tables. No separator, colon or leading dot leads out of a folder, on any
 * system; no control character moves a cursor.
 */
const NAME = /^[\p{L}\p{N}_][\p{L}\p{N} _.,+()=-]{0,99}$/u;

/** With what reports and atomic writes add, a file's name has 255 bytes at most. */
const MAX_NAME_BYTES = 160;

/** A report has a page of each stream: not the name of its first page, nor what Windows takes for a device. */
const TAKEN = /^(overview|con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** A finished cell as a line of text, without its end. */
export function lineOf(cell: Finished): string {
  return JSON.stringify({ format: FORMATS[KIND], ...cell });
}

/**
 * A cell of a line of text, whichever format it has: one without a number is of the first. Throws CheckpointError that
 * names the place of what is no cell's, and a format that only a later release can read.
 */
export function parseCell(line: string, where: string): Finished {
  try {
    const cell = new Field(parseJson(line), "this line");
    const { format } = cell.fields();
    if (!format.absent) checkFormat(where, KIND, format.number({ min: 1, integer: true }));
    checkCell(cell);
    const { format: _, ...known } = cell.value as Finished & { format?: number };
    return known;
  } catch (cause) {
    if (!(cause instanceof ConfigError || cause instanceof SyntaxError)) throw cause;
    throw new CheckpointError(
      `${where}: this line is no cell of a sweep (${cause.message.split("\n")[0]})`,
      "the file is damaged; delete the line, or the file",
      { cause },
    );
  }
}

/** Whether a last line without an end may be the beginning of a cell's: a process was killed while it wrote. */
export function isCutOff(tail: string): boolean {
  return STARTS.some((start) => (tail.length < start.length ? start.startsWith(tail) : tail.startsWith(start)));
}

function checkCell(cell: Field): void {
  const { setting, result, adapter, inputs, seconds } = cell.fields();
  adapter.text();
  inputs.text();
  checkSetting(setting);
  const { headline, phases, curves } = result.fields();
  const named = phases.entries();
  for (const [name, phase] of named) {
    checkName(phase, name);
    checkPhase(phase);
  }
  headline.name(named.map(([name]) => name));
  if (!curves.absent) checkCurves(curves);
  if (!seconds.absent) for (const [, time] of seconds.entries()) nullable(time, { min: 0 });
}

function checkSetting(setting: Field): void {
  const { model, method, stream, part, seed, lr, lrPredictor, batchSize } = setting.fields();
  for (const field of [model, method, stream]) checkName(field, field.text());
  if (TAKEN.test(stream.text())) stream.refuse("no name for a stream");
  part.name(["validation", "test"]);
  seed.number({ min: 0, integer: true });
  nullable(lr, { min: 0 });
  nullable(lrPredictor, { min: 0 });
  if (batchSize.value !== null) batchSize.number({ min: 1, integer: true });
  for (const [name, option] of setting.entries()) {
    checkName(option, name);
    if (typeof option.value === "number") option.number();
    else if (typeof option.value === "string") checkName(option, option.value);
    else if (option.value !== null) option.boolean();
  }
}

function checkName(field: Field, name: string): void {
  const fits = NAME.test(name) && new TextEncoder().encode(name).length <= MAX_NAME_BYTES;
  if (!fits) field.refuse(`under a name that is none: ${JSON.stringify(name.slice(0, 40))}`);
}

/** Means of f32 confidences may end a rounding above 1. */
const SHARE = { min: 0, max: 1 + 1e-6 } as const;
const COUNT = { min: 0, integer: true } as const;

function checkFigures(figures: Field): void {
  const { n, accuracy, ece, entropy, logitNorm } = figures.fields();
  n.number(COUNT);
  for (const share of [accuracy, ece]) nullable(share, SHARE);
  for (const mean of [entropy, logitNorm]) nullable(mean);
}

function checkPhase(phase: Field): void {
  checkFigures(phase);
  const { dominantShare, secondsPerImage, notUpdated, bins, perCorruption, terms } = phase.fields();
  nullable(dominantShare, SHARE);
  nullable(secondsPerImage, { min: 0 });
  notUpdated.number(COUNT);
  for (const bin of bins.elements()) {
    const [n, confidence, accuracy] = bin.elements(3);
    n.number(COUNT);
    nullable(confidence, SHARE);
    nullable(accuracy, SHARE);
  }
  for (const [name, figures] of perCorruption.entries()) {
    checkName(figures, name);
    checkFigures(figures);
  }
  const { loss, onlineEntropy, alignment, predictorDistance } = terms.fields();
  for (const term of [loss, onlineEntropy, alignment, predictorDistance]) nullable(term);
}

function checkCurves(curves: Field): void {
  const { phase, rows, classShare, labelShare } = curves.fields();
  checkName(phase, phase.text());
  const points = rows.elements();
  for (const row of points) {
    const { step, n, accuracy, entropy, logitNorm, dominantShare, ...terms } = row.fields();
    step.number({ min: 1, integer: true });
    n.number(COUNT);
    nullable(accuracy, SHARE);
    nullable(dominantShare, SHARE);
    for (const figure of [entropy, logitNorm]) nullable(figure);
    for (const term of Object.values(terms)) nullable(term);
  }
  const classes = classShare.elements(points.length)[0]?.elements().length;
  for (const shares of [classShare, labelShare]) {
    for (const point of shares.elements(points.length))
      for (const share of point.elements(classes)) share.number(SHARE);
  }
}

/** Null stands for what is not defined; a term that a method lacks may be left out. */
function nullable(field: Field, range: { min?: number; max?: number } = {}): void {
  if (field.value !== null) field.number(range);
}

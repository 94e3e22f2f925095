// Going on where a run stopped: the method's state in a file, with how far it came on which images, and its answers.
import { createHash } from "node:crypto";
import type { Batch } from "../../data/streams/index.js";
import type { Labels } from "../../experiments/recorder.js";
import type { Runner } from "../../experiments/runner.js";
import { loadSafetensors, saveSafetensors } from "../../nn/index.js";
import { onDevice, readBack } from "../../nn/io/checkpoint.js";
import { CheckpointError, deviceOf, type Tensor } from "../../tensor/index.js";
import type { AlarmState } from "../../zerosiam/alarm.js";
import { checkSettings, type Settings } from "./checkpoint.js";
import { type Position, parsed, positionOf } from "./position.js";
import { encodeRecord, RECORD_PREFIX, restoreRecord } from "./record.js";

/** What a state file holds is this; one of a later version is refused by its number. */
const FORMAT = "1";

/** A fingerprint of the images and labels that were shown, in order. */
class Shown {
  #hash = createHash("sha256");
  images = 0;

  add({ images, labels }: Batch): void {
    this.#hash.update(images);
    this.#hash.update(labels);
    this.images += labels.length;
  }

  /** The same batches; each counts as shown once the next one, or the end, is asked for. */
  *counting<B extends Batch>(batches: Iterable<B>): Generator<B> {
    for (const batch of batches) {
      yield batch;
      this.add(batch);
    }
  }

  get digest(): string {
    return this.#hash.copy().digest("hex");
  }
}

/**
 * Writes the states of method and alarm, the position, and what was answered so far by a run of these settings. Throws
 * CheckpointError; then nothing has changed on the disk.
 */
export async function saveProgress(
  path: string,
  runner: Runner,
  shown: Shown,
  { interrupted, settings }: { interrupted: boolean; settings: Settings },
): Promise<void> {
  const { method, guard } = runner;
  const state = await readBack(method.state());
  await saveSafetensors(
    path,
    [...state, ...encodeRecord(runner)],
    [
      ["format", FORMAT],
      ["method", method.name],
      ["images", String(shown.images)],
      ["digest", shown.digest],
      ["interrupted", String(interrupted)],
      ["settings", JSON.stringify(settings)],
      ["notUpdated", String(runner.notUpdated)],
      ["seconds", String(runner.seconds)],
      ["warnings", JSON.stringify(runner.warnings)],
      ...(guard ? ([["alarm", JSON.stringify(guard.alarm.state())]] as const) : []),
    ],
  );
}

/** The same batches; between two of them, after every `every`-th, `save` is awaited. */
export async function* saving<B extends Batch>(
  batches: Iterable<B>,
  every: number,
  save: () => Promise<void>,
): AsyncGenerator<B> {
  let shown = 0;
  for (const batch of batches) {
    if (shown > 0 && shown % every === 0) await save();
    yield batch;
    shown++;
  }
}

/**
 * Loads the states into method and alarm. With `settings`, those of the run that saved it must be the same. Throws
 * CheckpointError when they are another method's, of a later format, damaged, or do not fit; ConfigError for other
 * settings; then nothing has changed.
 */
export async function loadProgress(
  path: string,
  { method, guard }: Runner,
  settings: Settings | null,
): Promise<Position> {
  const { tensors, metadata } = await loadSafetensors(path);
  const format = metadata.get("format");
  if (format !== FORMAT) {
    throw new CheckpointError(
      `${path}: ${format === undefined ? "is no state of a run" : `is of format ${format}`}; this version reads ${FORMAT}`,
      "use a file written by --save or --checkpoint of this version",
    );
  }
  const saved = metadata.get("method");
  if (settings) checkSettings(path, settings, parsed(path, "settings", metadata.get("settings")));
  if (saved !== method.name) {
    throw new CheckpointError(
      `${path}: saved by ${saved ?? "something else"}, not by ${method.name}`,
      "resume with the method that saved it",
    );
  }
  const isRecord = (name: string): boolean => name.startsWith(RECORD_PREFIX);
  const position = { ...positionOf(path, metadata), record: new Map([...tensors].filter(([name]) => isRecord(name))) };
  const alarm = guard && metadata.has("alarm") ? parsed(path, "alarm", metadata.get("alarm")) : null;
  const state = new Map<string, Tensor>();
  const device = deviceOf(method.model.stateDict().values());
  try {
    for (const [name, stored] of tensors) {
      if (!isRecord(name)) state.set(name, onDevice(stored, `${path}: ${name}`, device));
    }
    if (guard && alarm !== null) guard.loadState(state, alarm as AlarmState);
    else method.loadState(state);
  } finally {
    for (const tensor of state.values()) tensor.dispose();
  }
  return position;
}

/** Tells a fresh run what the earlier one answered to the images that it need not see again. Throws CheckpointError. */
export function restoreFigures(runner: Runner, position: Position, seen: readonly Labels[]): void {
  restoreRecord(runner, position.record, seen, position.path);
  runner.seconds = position.seconds;
  runner.notUpdated = position.notUpdated;
  runner.warnings.push(...position.warnings);
}

/** The batches that are still to come. `shown` is what came before the first of them, `seen` the same, batch by batch. */
export interface Remaining<B extends Batch> {
  readonly batches: Iterable<B>;
  readonly shown: Shown;
  readonly seen: readonly Labels[];
}

/**
 * Those after the position, none at the stream's end, when the stream begins with the very batches that were shown
 * before; else all.
 */
export function remaining<B extends Batch>(
  stream: Iterable<B> & { readonly length: number },
  position: Position | null,
): Remaining<B> {
  const whole = { batches: stream, shown: new Shown(), seen: [] };
  if (position === null || position.images === 0 || position.images > stream.length) return whole;
  const batches = stream[Symbol.iterator]();
  const shown = new Shown();
  const seen: Labels[] = [];
  while (shown.images < position.images) {
    const next = batches.next();
    if (next.done) break;
    shown.add(next.value);
    const { labels, corruptions } = next.value;
    seen.push({ labels, corruptions });
  }
  const same = shown.images === position.images && shown.digest === position.digest;
  return same ? { batches: { [Symbol.iterator]: () => batches }, shown, seen } : whole;
}

// Going on where a run stopped: the method's state in a file, with how far it came on which images, and its answers.
import { createHash } from "node:crypto";
import type { Batch } from "../../data/streams/index.js";
import type { Labels } from "../../experiments/recorder.js";
import type { Runner } from "../../experiments/runner.js";
import { loadSafetensors, saveSafetensors } from "../../nn/index.js";
import { onDevice, readBack } from "../../nn/io/checkpoint.js";
import type { StoredTensor } from "../../nn/io/safetensors.js";
import { CheckpointError, deviceOf, type Tensor } from "../../tensor/index.js";
import type { AlarmState } from "../../zerosiam/alarm.js";
import { checkSettings, type Settings } from "./checkpoint.js";
import { decodePosition, encodePosition, type Position, parsed } from "./position.js";
import { encodeRecord, RECORD_PREFIX, restoreRecord } from "./record.js";

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

/** A saved run: where it stood, and what it had answered. */
export interface Progress extends Position {
  readonly path: string;
  readonly record: ReadonlyMap<string, StoredTensor>;
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
      ...encodePosition(runner, shown, { method: method.name, settings, interrupted }),
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
 * CheckpointError when they are another method's, of a later format, or do not fit; ConfigError for other settings.
 */
export async function loadProgress(
  path: string,
  { method, guard }: Runner,
  settings: Settings | null,
): Promise<Progress> {
  const { tensors, metadata } = await loadSafetensors(path);
  const position = decodePosition(path, metadata);
  const saved = metadata.get("method");
  if (settings) checkSettings(path, settings, parsed(path, metadata, "settings"));
  if (saved !== method.name) {
    throw new CheckpointError(
      `${path}: saved by ${saved ?? "something else"}, not by ${method.name}`,
      "resume with the method that saved it",
    );
  }
  const isRecord = (name: string): boolean => name.startsWith(RECORD_PREFIX);
  const state = new Map<string, Tensor>();
  const device = deviceOf(method.model.stateDict().values());
  try {
    for (const [name, stored] of tensors) {
      if (!isRecord(name)) state.set(name, onDevice(stored, `${path}: ${name}`, device));
    }
    if (guard && metadata.has("alarm")) guard.loadState(state, parsed(path, metadata, "alarm") as AlarmState);
    else method.loadState(state);
  } finally {
    for (const tensor of state.values()) tensor.dispose();
  }
  return { ...position, path, record: new Map([...tensors].filter(([name]) => isRecord(name))) };
}

/** Tells a fresh run what the earlier one answered to the images that it need not see again. Throws CheckpointError. */
export function restoreFigures(runner: Runner, position: Progress, seen: readonly Labels[]): void {
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

// Going on where a run stopped: the method's state in a file, with how far it came on which images.
import { createHash } from "node:crypto";
import type { Batch, Stream } from "../../data/streams/index.js";
import { loadTensors, saveTensors } from "../../nn/index.js";
import { CheckpointError } from "../../tensor/index.js";
import type { AlarmState } from "../../zerosiam/alarm.js";
import type { CollapseGuard } from "../../zerosiam/guard.js";
import type { Method } from "../../zerosiam/methods/index.js";

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
  *counting(batches: Iterable<Batch>): Generator<Batch> {
    for (const batch of batches) {
      yield batch;
      this.add(batch);
    }
  }

  get digest(): string {
    return this.#hash.copy().digest("hex");
  }
}

/** Where a saved run stood. */
export interface Position {
  images: number;
  digest: string;
}

/** A method, and the alarm that listens to it. */
interface Guarded {
  readonly method: Method;
  readonly guard: CollapseGuard | null;
}

/** Writes the states of method and alarm, and the position. Throws CheckpointError; then nothing has changed on the disk. */
export async function saveProgress(
  path: string,
  { method, guard }: Guarded,
  shown: Shown,
  interrupted: boolean,
): Promise<void> {
  await saveTensors(path, method.state(), [
    ["method", method.name],
    ["images", String(shown.images)],
    ["digest", shown.digest],
    ["interrupted", String(interrupted)],
    ...(guard ? ([["alarm", JSON.stringify(guard.alarm.state())]] as const) : []),
  ]);
}

/** The same batches; between two of them, after every `every`-th, `save` is awaited. */
export async function* saving(
  batches: Iterable<Batch>,
  every: number,
  save: () => Promise<void>,
): AsyncGenerator<Batch> {
  let shown = 0;
  for (const batch of batches) {
    if (shown > 0 && shown % every === 0) await save();
    yield batch;
    shown++;
  }
}

/** Loads the states into method and alarm. Throws CheckpointError when they are another method's or do not fit. */
export async function loadProgress(path: string, { method, guard }: Guarded): Promise<Position> {
  const { tensors, metadata } = await loadTensors(path);
  try {
    const saved = metadata.get("method");
    if (saved !== method.name) {
      throw new CheckpointError(
        `${path}: saved by ${saved ?? "something else"}, not by ${method.name}`,
        "resume with the method that saved it, and a file written by --save",
      );
    }
    const heard = metadata.get("alarm");
    if (guard && heard !== undefined) guard.loadState(tensors, parsed(path, heard));
    else method.loadState(tensors);
    return { images: Number(metadata.get("images") ?? 0), digest: metadata.get("digest") ?? "" };
  } finally {
    for (const tensor of tensors.values()) tensor.dispose();
  }
}

function parsed(path: string, json: string): AlarmState {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new CheckpointError(`${path}: what the alarm has heard is no JSON`, "use a file written by --save", {
      cause,
    });
  }
}

/**
 * The batches that are still to come: those after the position, none at the stream's end, when the stream begins with
 * the very batches that were shown before; else all. `shown` is what came before the first of them.
 */
export function remaining(stream: Stream, position: Position | null): { batches: Iterable<Batch>; shown: Shown } {
  const whole = { batches: stream, shown: new Shown() };
  if (position === null || position.images === 0 || position.images > stream.length) return whole;
  const batches = stream[Symbol.iterator]();
  const shown = new Shown();
  while (shown.images < position.images) {
    const next = batches.next();
    if (next.done) break;
    shown.add(next.value);
  }
  return shown.images === position.images && shown.digest === position.digest ? { batches, shown } : whole;
}

// What `adapt` shows: all images as one stream or each file by itself, as often as there are epochs.
import { basename } from "node:path";
import type { OpenFolder } from "../../data/imageFolder.js";
import { type Batch, type Sample, Stream, type StreamOptions } from "../../data/streams/index.js";
import { ConfigError } from "../../tensor/index.js";

/** Of each image shown the answer is kept: what a run, and its state file, can hold. */
const MAX_SHOWN = 2 ** 30;

/** A batch, and whether the method starts anew before it. */
export interface PassBatch extends Batch {
  readonly reset: boolean;
}

interface Part {
  /** Images of the data that come before it. */
  readonly start: number;
  readonly file: string;
  readonly stream: Stream;
}

export interface PassOptions extends Omit<StreamOptions, "set"> {
  /** Passes over the data, each in the same order. */
  readonly epochs: number;
  /** Start the method anew on each file, which then is a stream of its own. */
  readonly resetEach?: "file";
}

export class Passes implements Iterable<PassBatch> {
  /** Images that are shown, in all epochs. */
  readonly length: number;
  /** Images of one epoch. */
  readonly epoch: number;
  readonly #parts: readonly Part[];
  readonly #epochs: number;
  readonly #resets: boolean;

  /** Throws what `Stream` throws, and ConfigError for more images than a run can keep the answers of. */
  constructor(path: string, set: OpenFolder, { epochs, resetEach, ...options }: PassOptions) {
    const files = resetEach === "file" ? [...set.files] : [[basename(path), set] as const];
    let start = 0;
    this.#parts = files.map(([file, part]) => {
      const own = { start, file, stream: new Stream({ ...options, set: part }) };
      start += part.count;
      return own;
    });
    this.#epochs = epochs;
    this.#resets = resetEach === "file";
    this.epoch = this.#parts.reduce((sum, { stream }) => sum + stream.length, 0);
    this.length = this.epoch * epochs;
    if (this.length > MAX_SHOWN) {
      throw new ConfigError(`--epochs: ${epochs} of ${this.epoch} images are more than ${MAX_SHOWN}`, "show fewer");
    }
  }

  /** What is shown at a position, from 0: the image's index is that in all of the data. */
  sample(position: number): Sample {
    let at = position % this.epoch;
    let part = 0;
    while (at >= this.#parts[part].stream.length) at -= this.#parts[part++].stream.length;
    const { start, stream } = this.#parts[part];
    const sample = stream.sample(at);
    return { ...sample, image: start + sample.image };
  }

  *[Symbol.iterator](): Generator<PassBatch> {
    for (let epoch = 0; epoch < this.#epochs; epoch++) yield* this.once();
  }

  /** One epoch. Where each file is a stream of its own, figures are kept by its name, as by a corruption's. */
  *once(): Generator<PassBatch> {
    for (const { file, stream } of this.#parts) {
      for (const batch of stream) {
        const corruptions = this.#resets ? batch.corruptions.map(() => file) : batch.corruptions;
        yield { ...batch, corruptions, reset: this.#resets && batch.step === 1 };
      }
    }
  }
}

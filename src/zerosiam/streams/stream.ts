// A stream of labelled batches: which images, under which corruptions, in which order. Lazy, seeded, repeatable.
import { ConfigError } from "../../tensor/errors.js";
import { Rng } from "../../tensor/rng.js";
import type { ImageSet } from "../data/imageSet.js";
import { type CorruptionName, corrupt, type Severity } from "./corruptions/index.js";
import { type Normalization, normalize, UNIT } from "./normalize.js";
import { arrange, type Order, type Sample } from "./order.js";

/** What a method gets at one step. */
export interface Batch {
  /** Number of the batch, from 1. */
  readonly step: number;
  /** [n, channels, height, width], normalised. */
  readonly images: Float32Array<ArrayBuffer>;
  readonly shape: readonly [n: number, channels: number, height: number, width: number];
  /** [n] */
  readonly labels: Int32Array<ArrayBuffer>;
  /** [n], "clean" where there is none. */
  readonly corruptions: readonly string[];
}

export interface StreamOptions {
  readonly set: ImageSet;
  /** Each image is shown once under each of these. Default: once, clean. Corruptions want 28 × 28 × 1 bytes. */
  readonly corruptions?: readonly CorruptionName[];
  /** Default 5. */
  readonly severity?: Severity;
  /** Default "as-is". */
  readonly order?: Order;
  /** Images of a batch; the last one may be smaller. Default 1. */
  readonly batchSize?: number;
  /** Images of the set shown under each corruption, at most. Default: all. */
  readonly limit?: number;
  /** Which ones, if there are more: the first (default), or drawn by the seed, for each corruption anew. */
  readonly pick?: "first" | "draw";
  /** Seed of draw, noise and order. The noise on an image depends on it and the corruption alone. Default 0. */
  readonly seed?: number;
  /** Default: x/255. */
  readonly normalization?: Normalization;
}

/** Batches in order, made when asked for. It can be iterated any number of times and gives the same bytes each time. */
export class Stream implements Iterable<Batch> {
  readonly batchSize: number;
  /** What is shown, in order. */
  readonly samples: readonly Sample[];
  private readonly set: ImageSet;
  private readonly severity: Severity;
  private readonly normalization: Normalization;
  private readonly noise: Rng;

  /** Throws ConfigError on an unknown order and on sizes that are no positive integers. */
  constructor(options: StreamOptions) {
    const { set, corruptions = [], order = "as-is", limit = set.count, pick = "first", seed = 0 } = options;
    const rng = new Rng(seed);
    this.set = set;
    this.severity = options.severity ?? 5;
    this.batchSize = options.batchSize ?? 1;
    this.normalization = options.normalization ?? UNIT;
    this.noise = rng.fork("noise");
    checkCount("limit", limit);
    checkCount("batchSize", this.batchSize);
    const names = corruptions.length > 0 ? corruptions : (["clean"] as const);
    const pool = names.flatMap((corruption) => {
      const all = Array.from(set.labels, (label, image): Sample => ({ image, corruption, label }));
      const drawn = pick === "draw" ? rng.fork("draw").fork(corruption).shuffle(all) : all;
      return drawn.slice(0, limit);
    });
    this.samples = arrange(pool, order, rng.fork("order"));
  }

  /** Number of batches, the last partial one included. */
  get batches(): number {
    return Math.ceil(this.samples.length / this.batchSize);
  }

  *[Symbol.iterator](): Generator<Batch> {
    for (let step = 1; step <= this.batches; step++) {
      yield this.batch(step, this.samples.slice((step - 1) * this.batchSize, step * this.batchSize));
    }
  }

  private batch(step: number, samples: readonly Sample[]): Batch {
    const { height, width, channels } = this.set;
    const bytes = new Uint8Array(samples.length * height * width * channels);
    for (const [i, sample] of samples.entries()) bytes.set(this.bytesOf(sample), i * height * width * channels);
    return {
      step,
      images: normalize(bytes, [samples.length, height, width, channels], this.normalization),
      shape: [samples.length, channels, height, width],
      labels: Int32Array.from(samples, ({ label }) => label),
      corruptions: samples.map(({ corruption }) => corruption),
    };
  }

  /** The image of a sample, corrupted: [height, width, channels]. */
  bytesOf({ image, corruption }: Sample): Uint8Array {
    const { images, height, width, channels } = this.set;
    const size = height * width * channels;
    const bytes = images.subarray(image * size, (image + 1) * size);
    if (corruption === "clean") return bytes;
    return corrupt(bytes, corruption, this.severity, this.noise.fork(corruption).fork(image));
  }
}

function checkCount(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return;
  throw new ConfigError(`stream: ${name} is ${value}`, "use an integer ≥ 1");
}

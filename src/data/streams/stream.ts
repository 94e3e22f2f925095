// A stream of labelled batches: which images, under which corruptions, in which order. Lazy, seeded, repeatable.

import { type Normalization, UNIT } from "../../nn/models/registry.js";
import { ConfigError, ShapeError } from "../../tensor/errors.js";
import { checkOptions } from "../../tensor/options.js";
import { Rng } from "../../tensor/rng.js";
import { type CorruptionName, checkCorruption, corrupt, isCorruptible, type Severity } from "../corruptions/index.js";
import { checkImageSource, type ImageSource, imageAt } from "../imageSet.js";
import { normalize } from "./normalize.js";
import { arrange, type Order } from "./order.js";
import { Population, type Sample } from "./population.js";

/** What a method gets at one step. */
export interface Batch {
  /** Number of the batch, from 1. */
  readonly step: number;
  /** [n, channels, height, width], normalised. */
  readonly images: Float32Array<ArrayBuffer>;
  readonly shape: readonly [n: number, channels: number, height: number, width: number];
  /** [n], −1 for an image that has no right answer. */
  readonly labels: Int32Array<ArrayBuffer>;
  /** [n], "clean" where there is none. */
  readonly corruptions: readonly string[];
}

/** What a stream shows, and how. */
export interface StreamOptions {
  /** The images: made by hand, loaded or opened. */
  readonly set: ImageSource;
  /** Each image is shown once under each of these. Default: once, clean. Corruptions want 28 × 28 × 1 bytes. */
  readonly corruptions?: readonly CorruptionName[];
  /** Default 5. */
  readonly severity?: Severity;
  /** Default "as-is". */
  readonly order?: Order;
  /** Of the order "imbalanced": how much likelier its segment's class is than any other, ≥ 1. Default ∞. */
  readonly imbalanceRatio?: number;
  /** Of the order "dirichlet": δ, the smaller the longer the bursts of a class, > 0. Default 0.1, as NOTE's. */
  readonly concentration?: number;
  /** Show these positions of the stream as it would be without this option, in this order; they may repeat. */
  readonly positions?: ArrayLike<number>;
  /** Images of a batch; the last one may be smaller. Default 1. */
  readonly batchSize?: number;
  /** Images of the set shown under each corruption, at most. Default: all. */
  readonly limit?: number;
  /**
   * Which ones, if there are more: the first (default), or drawn by the seed, for each corruption anew. With the first,
   * scenarios that show one corruption after another ("iid", "continual", "label-shift") show each the same images in the
   * same order.
   */
  readonly pick?: "first" | "draw";
  /** Seed of draw, noise and order. The noise on an image depends on it and the corruption alone. Default 0. */
  readonly seed?: number;
  /** Default: x/255. */
  readonly normalization?: Normalization;
}

/** What the options of a stream may name. */
export const STREAM_OPTIONS: readonly (keyof StreamOptions)[] = [
  ...(["set", "corruptions", "severity", "order", "imbalanceRatio", "concentration", "positions"] as const),
  ...(["batchSize", "limit", "pick", "seed", "normalization"] as const),
];

/** Batches in order, made when asked for. It can be iterated any number of times and gives the same bytes each time. */
export class Stream implements Iterable<Batch> {
  readonly batchSize: number;
  /** Images that are shown. */
  readonly length: number;
  private readonly set: ImageSource;
  private readonly population: Population;
  /** Slot of the population at each position: four bytes an image are all that a stream holds. */
  private readonly slots: Uint32Array;
  private readonly severity: Severity;
  private readonly normalization: Normalization;
  private readonly noise: Rng;

  /**
   * Throws ConfigError on unknown options, corruptions, severities, orders and picks, on sizes that are no positive
   * integers and on positions that are none, ShapeError on corruptions of images that are not 28 × 28 × 1.
   */
  constructor(options: StreamOptions) {
    checkOptions("stream", options, STREAM_OPTIONS);
    checkImageSource("stream", options.set);
    const { set, corruptions = [], order = "as-is", limit = set.count, pick = "first", seed = 0, positions } = options;
    const rng = new Rng(seed);
    this.set = set;
    this.severity = options.severity ?? 5;
    this.batchSize = options.batchSize ?? 1;
    this.normalization = options.normalization ?? UNIT;
    this.noise = rng.fork("noise");
    checkCount("stream: limit", limit);
    checkCount("stream: batchSize", this.batchSize);
    for (const name of corruptions) checkCorruption("stream", name, this.severity);
    if (corruptions.length > 0) checkCorruptible(set);
    const names = corruptions.length > 0 ? corruptions : (["clean"] as const);
    this.population = new Population({ labels: set.labels, corruptions: names, limit, pick }, rng.fork("draw"));
    const { size, labelOf } = this.population;
    const imbalanceRatio = options.imbalanceRatio ?? Number.POSITIVE_INFINITY;
    const concentration = options.concentration ?? 0.1;
    const slots = arrange({ size, labelOf, imbalanceRatio, concentration }, order, rng.fork("order"));
    this.slots = positions ? Uint32Array.from(positions, (position) => slots[checkPosition(position, size)]) : slots;
    this.length = this.slots.length;
  }

  /** Number of batches, the last partial one included. */
  get batches(): number {
    return Math.ceil(this.length / this.batchSize);
  }

  /** What is shown at a position, from 0. */
  sample(position: number): Sample {
    return this.population.sample(this.slots[position]);
  }

  *[Symbol.iterator](): Generator<Batch> {
    for (let step = 1; step <= this.batches; step++) yield this.batch(step);
  }

  private batch(step: number): Batch {
    const { height, width, channels } = this.set;
    const slots = this.slots.subarray((step - 1) * this.batchSize, step * this.batchSize);
    const samples = Array.from(slots, (slot) => this.population.sample(slot));
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
    const bytes = imageAt(this.set, image);
    if (corruption === "clean") return bytes;
    return corrupt(bytes, corruption, this.severity, this.noise.fork(corruption).fork(image));
  }
}

function checkCorruptible(set: ImageSource): void {
  if (isCorruptible(set)) return;
  const { height, width, channels } = set;
  throw new ShapeError(
    `stream: corruptions of ${height} × ${width} × ${channels} images`,
    "they are made for 28 × 28 × 1 digits; give other images already corrupted, and no corruptions",
  );
}

function checkPosition(position: number, size: number): number {
  if (Number.isInteger(position) && position >= 0 && position < size) return position;
  throw new ConfigError(`stream: position ${position} of ${size} samples`, `use integers from 0 to ${size - 1}`);
}

/** Throws ConfigError unless `value` is a positive integer. */
export function checkCount(what: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return;
  throw new ConfigError(`${what} is ${value}`, "use an integer ≥ 1");
}

// Streams: order × corruptions × batch size, lazy, repeatable, and the same bytes on every machine.
import { createHash } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { CORRUPTION_NAMES } from "../../src/data/corruptions/index.js";
import { loadDigits } from "../../src/data/digits.js";
import type { ImageSet, MadeImages } from "../../src/data/imageSet.js";
import { type Batch, type Sample, Stream } from "../../src/data/streams/index.js";
import { ConfigError, ShapeError } from "../../src/tensor/errors.js";

/** The stream of the scenario "class-ordered". */
const CLASS_ORDERED = { corruptions: CORRUPTION_NAMES, order: "class-mixed", batchSize: 16 } as const;
let digits: ImageSet;
beforeAll(async () => {
  digits = await loadDigits("validation");
});

/** Five 1 × 1 images of two channels, classes 1 0 1 0 2. */
const tiny: ImageSet = {
  count: 5,
  height: 1,
  width: 1,
  channels: 2,
  images: Uint8Array.of(0, 1, 10, 11, 20, 21, 30, 31, 40, 41),
  labels: Int32Array.of(1, 0, 1, 0, 2),
};

/** First bytes of the images in the order in which a stream of the tiny set shows them. */
function shown(stream: Stream): number[] {
  return [...stream].flatMap(({ images }) => [...images].filter((_, i) => i % 2 === 0).map((v) => Math.round(v * 255)));
}

function samples(stream: Stream): Sample[] {
  return Array.from({ length: stream.length }, (_, i) => stream.sample(i));
}

describe("a stream", () => {
  it("shows a set as it is, the last partial batch kept, step by step from 1", () => {
    const batches = [...new Stream({ set: tiny, batchSize: 2 })];
    expect(batches.map(({ step, shape }) => [step, ...shape])).toEqual([
      [1, 2, 2, 1, 1],
      [2, 2, 2, 1, 1],
      [3, 1, 2, 1, 1],
    ]);
    expect([...batches[2].labels]).toEqual([2]);
    expect(batches[2].corruptions).toEqual(["clean"]);
    expect([...batches[2].images]).toEqual([Math.fround(40 / 255), Math.fround(41 / 255)]);
  });

  it("sorts by class ascending and stably", () => {
    expect(shown(new Stream({ set: tiny, order: "class", batchSize: 5 }))).toEqual([10, 30, 0, 20, 40]);
  });

  it("shuffles by its seed, and sorts the shuffled by class", () => {
    const order = (seed: number, name: "shuffle" | "class-mixed"): number[] =>
      samples(new Stream({ set: digits, order: name, seed })).map(({ image }) => image);
    expect(order(1, "shuffle")).toEqual(order(1, "shuffle"));
    expect(order(1, "shuffle")).not.toEqual(order(2, "shuffle"));
    expect(order(1, "shuffle").toSorted((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    const mixed = order(1, "shuffle");
    const stable = [...mixed].sort((a, b) => digits.labels[a] - digits.labels[b]);
    expect(order(1, "class-mixed")).toEqual(stable);
  });

  it("takes the first images of a set, or draws them anew for each corruption", () => {
    expect(shown(new Stream({ set: tiny, limit: 2, order: "class" }))).toEqual([10, 0]);
    const options = { set: digits, limit: 50, pick: "draw", corruptions: ["fog", "shear"] } as const;
    const drawn = samples(new Stream(options)).map(({ image }) => image);
    expect(drawn.length).toBe(100);
    expect(drawn.slice(0, 50)).not.toEqual(drawn.slice(50));
    expect(new Set(drawn.slice(0, 50)).size).toBe(50);
    expect(samples(new Stream({ ...options, seed: 1 })).map(({ image }) => image)).not.toEqual(drawn);
  });

  it("puts the same noise on an image in any order, batch size and company", () => {
    const find = (stream: Stream): Float32Array | undefined => {
      const at = samples(stream).findIndex(({ image, corruption }) => image === 3 && corruption === "shotNoise");
      const batch = [...stream][Math.floor(at / stream.batchSize)];
      return batch.images.subarray((at % stream.batchSize) * 784, ((at % stream.batchSize) + 1) * 784);
    };
    const alone = find(new Stream({ set: digits, corruptions: ["shotNoise"], limit: 4, seed: 9 }));
    const pooled = new Stream({ set: digits, ...CLASS_ORDERED, limit: 6, seed: 9 });
    expect(find(pooled)).toEqual(alone);
    expect(find(new Stream({ set: digits, corruptions: ["shotNoise"], limit: 4, seed: 8 }))).not.toEqual(alone);
  });

  it("makes a hundred thousand images when they are asked for, and holds eight bytes of each at most", () => {
    const made: number[] = [];
    const count = 100_000;
    const set: MadeImages = {
      ...{ count, height: 1, width: 1, channels: 1, labels: Int32Array.from({ length: count }, (_, i) => i % 7) },
      make(index) {
        made.push(index);
        return Uint8Array.of(index % 256);
      },
    };
    const stream = new Stream({ set, order: "class-mixed", pick: "draw", batchSize: 2, seed: 1 });
    expect(made).toEqual([]);
    // The drawn images and their order.
    expect(retained(stream)).toBe(8 * count);
    const batches = stream[Symbol.iterator]();
    const first = batches.next().value as Batch;
    expect(made.length).toBe(2);
    expect([...first.images]).toEqual(made.map((index) => Math.fround((index % 256) / 255)));
    expect([...first.labels]).toEqual([0, 0]);
    batches.next();
    expect(made.length).toBe(4);
  });

  it("refuses to corrupt what is no digit when it is made, not when it is read", () => {
    expect(() => new Stream({ set: tiny, corruptions: ["fog"] })).toThrow(ShapeError);
    expect(() => new Stream({ set: tiny, corruptions: ["fog"] })).toThrow(/1 × 1 × 2 images/);
  });

  it("shows chosen positions of itself, in any order and more than once, with the same noise", () => {
    const options = { set: digits, corruptions: ["fog", "shotNoise"], order: "shuffle", limit: 20, seed: 3 } as const;
    const whole = new Stream(options);
    const part = new Stream({ ...options, positions: [39, 2, 2], batchSize: 3 });
    expect(samples(part)).toEqual([39, 2, 2].map((at) => whole.sample(at)));
    const images = [...whole].map((batch) => batch.images);
    const [{ images: shown3 }] = [...part];
    expect([...shown3]).toEqual([39, 2, 2].flatMap((at) => [...images[at]]));
    for (const bad of [40, -1, 0.5]) expect(() => new Stream({ ...options, positions: [bad] })).toThrow(ConfigError);
  });

  it("gives the same bytes each time, and those stored, for the evaluation's class-sorted stream", async () => {
    const stream = new Stream({ set: digits, ...CLASS_ORDERED, limit: 20, pick: "draw", seed: 7, severity: 3 });
    const once = hash(stream);
    expect(hash(stream)).toBe(once);
    const labels = [...stream].flatMap((batch) => [...batch.labels]);
    expect(labels).toEqual(labels.toSorted((a, b) => a - b));
    expect(new Set([...stream].flatMap(({ corruptions }) => corruptions))).toEqual(new Set(CORRUPTION_NAMES));
    await expect(`${once}\n`).toMatchFileSnapshot("stream.sha256.txt");
  });

  it("refuses orders, sizes and seeds that are none", () => {
    for (const bad of [0, -1, 1.5, Number.NaN]) {
      expect(() => new Stream({ set: tiny, batchSize: bad })).toThrow(ConfigError);
      expect(() => new Stream({ set: tiny, limit: bad })).toThrow(ConfigError);
    }
    const order: string = "toString";
    expect(() => new Stream({ set: tiny, order: order as "class" })).toThrow(/unknown order "toString"/);
    expect(() => new Stream({ set: tiny, seed: -1 })).toThrow(ConfigError);
  });

  it.each([
    [{ batchsize: 3 }, /unknown option "batchsize"\n {2}help: did you mean batchSize/],
    [{ pick: "random" }, /unknown pick "random"/],
    [{ corruptions: ["smog"] }, /unknown corruption "smog"/],
    [{ corruptions: ["fog"], severity: 6 }, /unknown severity 6/],
    [{ corruptions: ["fog"], severity: 2.5 }, /unknown severity 2.5/],
  ])("refuses %j when it is made", (wrong, says) => {
    expect(() => new Stream({ set: digits, ...(wrong as object) })).toThrow(says);
    expect(() => new Stream({ set: digits, ...(wrong as object) })).toThrow(ConfigError);
  });
});

/** Bytes of the buffers that an object holds, the ones of its fields' fields included; not those of its images' labels. */
function retained(value: object): number {
  const seen = new Set<unknown>();
  const walk = (v: unknown): number => {
    if (v === null || typeof v !== "object" || seen.has(v)) return 0;
    seen.add(v);
    if (ArrayBuffer.isView(v)) return v.constructor === Int32Array ? 0 : v.buffer.byteLength;
    return Object.values(v).reduce((sum, inner) => sum + walk(inner), 0);
  };
  return walk(value);
}

/** Over images, labels and corruptions of all batches. */
function hash(stream: Iterable<Batch>): string {
  const sha = createHash("sha256");
  for (const { images, labels, corruptions } of stream) {
    sha.update(new Uint8Array(images.buffer)).update(new Uint8Array(labels.buffer)).update(corruptions.join());
  }
  return sha.digest("hex");
}

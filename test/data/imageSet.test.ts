// Stream files: what is accepted, and what is refused with its reason.
import { mkdtemp, open, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  encodeImageSet,
  imageAt,
  isLabelled,
  loadImageSet,
  openImageSet,
  toImageSet,
} from "../../src/data/imageSet.js";
import { Stream } from "../../src/data/streams/index.js";
import { assetPath } from "../../src/nn/io/assets.js";
import { toStored } from "../../src/nn/io/convert.js";
import { readSafetensors, type StoredTensor, writeSafetensors } from "../../src/nn/io/safetensors.js";
import { CheckpointError } from "../../src/tensor/errors.js";

const images = toStored(
  [2, 1, 2, 3],
  Uint8Array.from({ length: 12 }, (_, i) => i),
);
const labels = toStored([2], Uint8Array.of(4, 0));

function read(tensors: Record<string, StoredTensor>): ReturnType<typeof toImageSet> {
  return toImageSet(readSafetensors(writeSafetensors(Object.entries(tensors))), "stream.safetensors");
}

const faults: [string, Record<string, StoredTensor>, RegExp][] = [
  ["without images", { labels }, /tensor "images" is missing/],
  [
    "with float images",
    { images: toStored([1, 1, 1, 1], Float32Array.of(1)), labels },
    /"images" is F32 \[1, 1, 1, 1\]/,
  ],
  ["with images of rank 3", { images: { ...images, shape: [2, 2, 3] }, labels }, /"images" is U8 \[2, 2, 3\]/],
  ["with float labels", { images, labels: toStored([2], Float32Array.of(1, 2)) }, /"labels" is F32 \[2\]/],
  ["with too few labels", { images, labels: toStored([1], Uint8Array.of(1)) }, /2 images but 1 labels/],
  ["with a negative label", { images, labels: toStored([2], Int32Array.of(0, -3)) }, /label 1 is -3/],
  [
    "with no images",
    { images: toStored([0, 28, 28, 1], new Uint8Array(0)), labels: toStored([0], new Uint8Array(0)) },
    /images \[0, 28, 28, 1\] hold no pixel/,
  ],
];

describe("a stream file", () => {
  it("is read with labels U8, I32 or I64, other tensors ignored", () => {
    const want = { count: 2, height: 1, width: 2, channels: 3, images: images.data, labels: Int32Array.of(4, 0) };
    expect(read({ images, labels, other: labels })).toEqual(want);
    expect(read({ images, labels: toStored([2], Int32Array.of(4, 0)) })).toEqual(want);
    const wide = new Uint8Array(BigInt64Array.of(4n, 0n).buffer);
    expect(read({ images, labels: { dtype: "I64", shape: [2], data: wide } })).toEqual(want);
  });

  it("without labels has images whose class nobody knows, and is written without them again", () => {
    const set = read({ images });
    expect([...set.labels]).toEqual([-1, -1]);
    expect(isLabelled(set)).toBe(false);
    expect([...readSafetensors(encodeImageSet(set)).tensors.keys()]).toEqual(["images"]);
  });

  it("is written so that it reads the same, with labels beyond a byte too", () => {
    for (const classes of [Int32Array.of(4, 0), Int32Array.of(1000, 7)]) {
      const set = { count: 2, height: 1, width: 2, channels: 3, images: images.data, labels: classes };
      expect(toImageSet(readSafetensors(encodeImageSet(set)), "again")).toEqual(set);
    }
  });

  it.each(faults)("%s is refused", (_, tensors, message) => {
    expect(() => read(tensors)).toThrow(CheckpointError);
    expect(() => read(tensors)).toThrow(message);
    expect(() => read(tensors)).toThrow(/^stream\.safetensors: /);
  });
});

describe("an open stream file", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "images-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const write = async (name: string, bytes: Uint8Array): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, bytes);
    return path;
  };

  it("has the images and labels that loading it gives", async () => {
    const path = await assetPath("digits-validation.safetensors");
    const loaded = await loadImageSet(path);
    using opened = await openImageSet(path);
    expect(opened).toMatchObject({ count: 1000, height: 28, width: 28, channels: 1, labels: loaded.labels });
    for (const index of [0, 1, 500, 999]) expect(opened.make(index)).toEqual(imageAt(loaded, index));
    const [shown] = [...new Stream({ set: opened, order: "shuffle", batchSize: 10 })];
    expect(shown.images).toEqual([...new Stream({ set: loaded, order: "shuffle", batchSize: 10 })][0].images);
  });

  it("of a million images takes the memory of their labels", async () => {
    const [count, size] = [1_000_000, 32 * 32 * 3];
    const place = (dtype: string, shape: number[], begin: number, end: number) => ({
      dtype,
      shape,
      data_offsets: [begin, end],
    });
    const header = JSON.stringify({
      images: place("U8", [count, 32, 32, 3], 0, count * size),
      labels: place("U8", [count], count * size, count * (size + 1)),
    });
    const path = join(folder, "million.safetensors");
    const file = await open(path, "w");
    const length = Buffer.alloc(8);
    length.writeBigUint64LE(BigInt(header.length));
    await file.write(Buffer.concat([length, Buffer.from(header)]), 0, undefined, 0);
    const dataStart = 8 + header.length;
    await file.write(Buffer.of(9, 8, 7), 0, 3, dataStart + (count - 1) * size); // the rest is a hole of zeros
    await file.truncate(dataStart + count * (size + 1));
    await file.close();
    const before = process.memoryUsage().arrayBuffers;
    using set = await openImageSet(path);
    const stream = new Stream({ set, positions: [count - 1], batchSize: 1 });
    const [{ images: last }] = stream;
    expect([...last].slice(0, 1)).toEqual([Math.fround(9 / 255)]);
    expect([last[1024], last[2048]]).toEqual([Math.fround(8 / 255), Math.fround(7 / 255)]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20 * count);
  });

  it("is refused for the same reasons as when it is loaded, and closed then", async () => {
    for (const [i, [, tensors, message]] of faults.entries()) {
      const path = await write(`fault-${i}`, writeSafetensors(Object.entries(tensors)));
      await expect(openImageSet(path)).rejects.toThrow(message);
    }
    const whole = writeSafetensors([
      ["images", images],
      ["labels", labels],
    ]);
    for (const bytes of [0, 4, 20, whole.length - 1]) {
      const path = await write(`cut-${bytes}`, whole.subarray(0, bytes));
      const loading = await loadImageSet(path).then(() => "", String);
      expect(loading).toMatch(/CheckpointError/);
      expect(await openImageSet(path).then(() => "", String)).toBe(loading);
    }
    await expect(openImageSet(join(folder, "none"))).rejects.toThrow(/cannot be read \(ENOENT\)/);
    await expect(openImageSet(folder)).rejects.toThrow(/is a folder, not a file/);
  });

  it("says so when it was cut short after it was opened", async () => {
    const path = await write(
      "short",
      encodeImageSet({ count: 2, height: 1, width: 2, channels: 3, images: images.data, labels: Int32Array.of(0, 1) }),
    );
    using set = await openImageSet(path);
    await truncate(path, 100);
    expect(() => set.make(1)).toThrow(/ends before byte \d+\n/);
  });
});

describe("assetPath", () => {
  it("says which file of the package is missing", async () => {
    await expect(assetPath("none.bin")).rejects.toThrow(/assets\/none\.bin: not found/);
  });
});

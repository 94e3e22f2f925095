// Stream files: what is accepted, and what is refused with its reason.
import { describe, expect, it } from "vitest";
import { toStored } from "../../src/nn/io/convert.js";
import { readSafetensors, type StoredTensor, writeSafetensors } from "../../src/nn/io/safetensors.js";
import { CheckpointError } from "../../src/tensor/errors.js";
import { assetPath } from "../../src/zerosiam/data/assets.js";
import { encodeImageSet, toImageSet } from "../../src/zerosiam/data/imageSet.js";

const images = toStored(
  [2, 1, 2, 3],
  Uint8Array.from({ length: 12 }, (_, i) => i),
);
const labels = toStored([2], Uint8Array.of(4, 0));

function read(tensors: Record<string, StoredTensor>): ReturnType<typeof toImageSet> {
  return toImageSet(readSafetensors(writeSafetensors(Object.entries(tensors))), "stream.safetensors");
}

describe("a stream file", () => {
  it("is read with labels U8, I32 or I64, other tensors ignored", () => {
    const want = { count: 2, height: 1, width: 2, channels: 3, images: images.data, labels: Int32Array.of(4, 0) };
    expect(read({ images, labels, other: labels })).toEqual(want);
    expect(read({ images, labels: toStored([2], Int32Array.of(4, 0)) })).toEqual(want);
    const wide = new Uint8Array(BigInt64Array.of(4n, 0n).buffer);
    expect(read({ images, labels: { dtype: "I64", shape: [2], data: wide } })).toEqual(want);
  });

  it("is written so that it reads the same, with labels beyond a byte too", () => {
    for (const classes of [Int32Array.of(4, 0), Int32Array.of(1000, 7)]) {
      const set = { count: 2, height: 1, width: 2, channels: 3, images: images.data, labels: classes };
      expect(toImageSet(readSafetensors(encodeImageSet(set)), "again")).toEqual(set);
    }
  });

  const faults: [string, Record<string, StoredTensor>, RegExp][] = [
    ["without images", { labels }, /tensor "images" is missing/],
    ["without labels", { images }, /tensor "labels" is missing/],
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
  it.each(faults)("%s is refused", (_, tensors, message) => {
    expect(() => read(tensors)).toThrow(CheckpointError);
    expect(() => read(tensors)).toThrow(message);
    expect(() => read(tensors)).toThrow(/^stream\.safetensors: /);
  });
});

describe("assetPath", () => {
  it("says which file of the package is missing", async () => {
    await expect(assetPath("none.bin")).rejects.toThrow(/assets\/none\.bin: not found/);
  });
});

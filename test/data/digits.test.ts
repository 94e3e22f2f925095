// The digits: the split follows its rule, the committed files are what it gives, and no image is in two parts.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { encodeDigits, splitDigits } from "../../scripts/lib/digits.js";
import { type DigitsPart, loadDigits } from "../../src/data/digits.js";
import type { ImageSet } from "../../src/data/imageSet.js";
import { assetPath } from "../../src/nn/io/assets.js";

let parts: Record<DigitsPart, ImageSet>;
beforeAll(async () => {
  parts = await splitDigits();
});

describe("the split of the digits", () => {
  it("gives 200 test and 100 validation images of each class, and the other 7,000 to train", () => {
    expect(counts(parts.test)).toEqual(Array(10).fill(200));
    expect(counts(parts.validation)).toEqual(Array(10).fill(100));
    expect(parts.train.count).toBe(7000);
  });

  it("has no image twice, neither within a part nor in two", () => {
    const hashes = Object.values(parts).flatMap((part) => rows(part).map(sha256));
    expect(new Set(hashes).size).toBe(10_000);
  });

  it("is shuffled, so that a file in its own order is an i.i.d. stream", () => {
    // Of 1,999 neighbours 10 % share their class by chance: binomial, standard deviation 13.4.
    const { labels } = parts.test;
    const repeats = labels.filter((label, i) => i > 0 && label === labels[i - 1]).length;
    expect(Math.abs(repeats - 199.9)).toBeLessThan(5 * 13.4);
  });
});

describe("the committed parts", () => {
  it.each(["train", "validation", "test"] as const)(
    "digits-%s.safetensors is what the split gives, byte for byte",
    async (part) => {
      const committed = await readFile(await assetPath(`digits-${part}.safetensors`));
      const made = encodeDigits(part, parts[part]);
      expect(sha256(committed)).toBe(sha256(made));
    },
  );

  it("are loaded without the package", async () => {
    const { images, labels, ...sizes } = await loadDigits("test");
    expect(sizes).toEqual({ count: 2000, height: 28, width: 28, channels: 1 });
    expect(sha256(images)).toBe(sha256(parts.test.images));
    expect(labels).toEqual(parts.test.labels);
    expect((await loadDigits("train")).count).toBe(7000);
  });
});

function counts({ labels }: ImageSet): number[] {
  const out = Array<number>(10).fill(0);
  for (const label of labels) out[label]++;
  return out;
}

function rows({ images, count }: ImageSet): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => images.subarray(i * 784, (i + 1) * 784));
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

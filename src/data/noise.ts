// Images of pure Gaussian noise, of any size: made when asked for, the same bytes on every machine.
import { Rng } from "../tensor/rng.js";
import { exactNormal } from "./corruptions/exactMath.js";
import type { ImageSource, MadeImages } from "./imageSet.js";

/** Middle grey, and a spread of which 95 % is within the range of a byte; the rest is cut off. */
const MEAN = 127.5;
const DEVIATION = 63.75;

/** `count` images of the size of `like`; each byte is N(127.5, 63.75²), rounded and clamped. No image has a label (−1). */
export function noiseImages(like: ImageSource, count: number, seed: number): MadeImages {
  const { height, width, channels } = like;
  const noise = new Rng(seed).fork("noise images");
  return {
    ...{ count, height, width, channels },
    labels: new Int32Array(count).fill(-1),
    make(index) {
      const rng = noise.fork(index);
      const value = (): number => Math.floor(MEAN + DEVIATION * exactNormal(rng) + 0.5);
      return Uint8Array.from({ length: height * width * channels }, () => Math.min(255, Math.max(0, value())));
    },
  };
}

// Motion blur: the camera moved along a line while the shutter was open.
import type { Corruption } from "./corruption.js";
import { exactSinCos } from "./exactMath.js";
import { mapPixels, sample } from "./grid.js";

/** Samples per pixel of length. */
const DENSITY = 2;

export const motionBlur: Corruption<"length"> = {
  doc: "Averages along a line of `length` pixels in a random direction.",
  severities: [{ length: 3 }, { length: 4 }, { length: 5 }, { length: 6 }, { length: 7 }],
  apply(image, { length }, rng) {
    const [sin, cos] = exactSinCos(Math.PI * rng.uniform());
    const steps = Math.ceil(length * DENSITY);
    return mapPixels(image, (_, x, y) => {
      let sum = 0;
      for (let i = 0; i <= steps; i++) {
        const t = (i / steps - 0.5) * length;
        sum += sample(image, x + t * cos, y + t * sin);
      }
      return sum / (steps + 1);
    });
  },
};

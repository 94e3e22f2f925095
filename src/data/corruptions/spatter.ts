// Spatter: drops on the lens.
import type { Corruption } from "./corruption.js";
import { exactNormal } from "./exactMath.js";
import { blur, mapPixels, PIXELS, SIZE } from "./grid.js";

/** How fast a drop becomes opaque from its rim inwards, per standard deviation of the field. */
const EDGE = 3;

export const spatter: Corruption<"sigma" | "threshold" | "opacity"> = {
  doc: "Drops of about `sigma` pixels where smooth noise exceeds `threshold` deviations, white to `opacity`.",
  severities: [
    { sigma: 1, threshold: 1.9, opacity: 0.55 },
    { sigma: 1, threshold: 1.8, opacity: 0.6 },
    { sigma: 1, threshold: 1.7, opacity: 0.7 },
    { sigma: 1, threshold: 1.6, opacity: 0.75 },
    { sigma: 1, threshold: 1.5, opacity: 0.8 },
  ],
  apply(image, { sigma, threshold, opacity }, rng) {
    const noise = Float64Array.from({ length: PIXELS }, () => exactNormal(rng));
    const field = standardise(blur(noise, sigma));
    return mapPixels(image, (value, x, y) => {
      const cover = opacity * Math.min(1, Math.max(0, EDGE * (field[y * SIZE + x] - threshold)));
      return value + cover * (255 - value);
    });
  },
};

/** Shifted and scaled to mean 0 and deviation 1. */
function standardise(field: Float64Array): Float64Array {
  const mean = field.reduce((sum, v) => sum + v, 0) / field.length;
  const variance = field.reduce((sum, v) => sum + (v - mean) * (v - mean), 0) / field.length;
  return field.map((v) => (v - mean) / Math.sqrt(variance));
}

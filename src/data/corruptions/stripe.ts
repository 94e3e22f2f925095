// Stripes: bands in which the picture turns towards its negative.
import type { Corruption } from "./corruption.js";
import { mapPixels } from "./grid.js";

export const stripe: Corruption<"width" | "gap" | "strength"> = {
  doc: "Upright or level bands of `width` pixels every `width + gap`, blended by `strength` with their negative.",
  severities: [
    { width: 2, gap: 10, strength: 0.17 },
    { width: 2, gap: 10, strength: 0.24 },
    { width: 2, gap: 10, strength: 0.29 },
    { width: 2, gap: 10, strength: 0.34 },
    { width: 2, gap: 10, strength: 0.4 },
  ],
  apply(image, { width, gap, strength }, rng) {
    const upright = rng.int(2) === 0;
    const phase = rng.int(width + gap);
    return mapPixels(image, (value, x, y) => {
      const inside = ((upright ? x : y) + phase) % (width + gap) < width;
      return inside ? value + strength * (255 - 2 * value) : value;
    });
  },
};

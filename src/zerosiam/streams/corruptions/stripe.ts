// Stripes: bands in which the picture turns towards its negative.
import type { Corruption } from "./corruption.js";
import { mapPixels } from "./grid.js";

export const stripe: Corruption<"width" | "gap" | "strength"> = {
  doc: "Upright or level bands of `width` pixels every `width + gap`, blended by `strength` with their negative.",
  severities: [
    { width: 2, gap: 10, strength: 0.5 },
    { width: 2, gap: 8, strength: 0.7 },
    { width: 2, gap: 7, strength: 0.85 },
    { width: 3, gap: 7, strength: 1 },
    { width: 4, gap: 6, strength: 1 },
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

// Fog: a cloud of fractal noise in front of the picture.
import type { Rng } from "../../tensor/rng.js";
import type { Corruption } from "./corruption.js";
import { mapPixels } from "./grid.js";

/** Side of the cloud: the power of two that covers the picture. */
const CLOUD = 32;

export const fog: Corruption<"strength" | "decay"> = {
  doc: "Adds a cloud of `strength` times the full range and compresses to it; a large `decay` makes the cloud smooth.",
  severities: [
    { strength: 0.25, decay: 2 },
    { strength: 0.35, decay: 2 },
    { strength: 0.42, decay: 2 },
    { strength: 0.48, decay: 2 },
    { strength: 0.53, decay: 2 },
  ],
  apply(image, { strength, decay }, rng) {
    const cloud = plasma(decay, rng);
    return mapPixels(image, (value, x, y) => (value + 255 * strength * cloud[y * CLOUD + x]) / (1 + strength));
  },
};

/** Fractal noise in [0, 1] on a torus: midpoint displacement (Fournier et al. 1982), divided by `decay` each level. */
function plasma(decay: number, rng: Rng): Float64Array {
  const cloud = new Float64Array(CLOUD * CLOUD);
  const at = (x: number, y: number): number => (y % CLOUD) * CLOUD + (x % CLOUD);
  let wobble = 1;
  for (let step = CLOUD; step >= 2; step /= 2, wobble /= decay) {
    const half = step / 2;
    const displaced = (sum: number): number => sum / 4 + wobble * (2 * rng.uniform() - 1);
    for (let y = 0; y < CLOUD; y += step) {
      for (let x = 0; x < CLOUD; x += step) {
        const corners = cloud[at(x, y)] + cloud[at(x + step, y)] + cloud[at(x, y + step)];
        cloud[at(x + half, y + half)] = displaced(corners + cloud[at(x + step, y + step)]);
      }
    }
    // The middles of the sides: of the diamond around them, two corners are old and two were set just above.
    for (let y = 0; y < CLOUD; y += half) {
      for (let x = (y + half) % step; x < CLOUD; x += step) {
        const sides = cloud[at(x + half, y)] + cloud[at(x + CLOUD - half, y)] + cloud[at(x, y + half)];
        cloud[at(x, y)] = displaced(sides + cloud[at(x, y + CLOUD - half)]);
      }
    }
  }
  const low = cloud.reduce((a, b) => Math.min(a, b));
  const high = cloud.reduce((a, b) => Math.max(a, b));
  return cloud.map((v) => (v - low) / (high - low));
}

// Glass blur: seen through frosted glass, which scatters every ray a little.
import type { Corruption } from "./corruption.js";
import { blur, SIZE, toBytes } from "./grid.js";

export const glassBlur: Corruption<"sigma" | "reach" | "share"> = {
  doc: "Blurs by `sigma` pixels, swaps a `share` of the pixels with one at most `reach` away, and blurs again.",
  severities: [
    { sigma: 0.6, reach: 1, share: 0.3 },
    { sigma: 0.7, reach: 1, share: 0.5 },
    { sigma: 0.7, reach: 1, share: 0.7 },
    { sigma: 0.7, reach: 1, share: 0.9 },
    { sigma: 0.9, reach: 1, share: 1 },
  ],
  apply(image, { sigma, reach, share }, rng) {
    const plane = blur(image, sigma);
    for (let y = reach; y < SIZE - reach; y++) {
      for (let x = reach; x < SIZE - reach; x++) {
        if (rng.uniform() >= share) continue;
        const here = y * SIZE + x;
        const there = here + rng.int(2 * reach + 1) - reach + SIZE * (rng.int(2 * reach + 1) - reach);
        [plane[here], plane[there]] = [plane[there], plane[here]];
      }
    }
    return toBytes(blur(plane, sigma));
  },
};

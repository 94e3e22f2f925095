// Shot noise: the grain of counting few photons.
import type { Corruption } from "./corruption.js";
import { exactPoisson } from "./exactMath.js";
import { mapPixels } from "./grid.js";

export const shotNoise: Corruption<"photons" | "dark"> = {
  doc: "Each pixel is a Poisson count; white is `photons` counts on average, black `dark` stray ones.",
  severities: [
    { photons: 24, dark: 0.5 },
    { photons: 8, dark: 0.5 },
    { photons: 4, dark: 0.5 },
    { photons: 2, dark: 0.4 },
    { photons: 1, dark: 0.3 },
  ],
  apply: (image, { photons, dark }, rng) =>
    mapPixels(image, (value) => (255 / photons) * exactPoisson(dark + (value / 255) * photons, rng)),
};

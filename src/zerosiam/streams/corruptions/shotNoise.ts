// Shot noise: the grain of counting few photons.
import type { Corruption } from "./corruption.js";
import { exactPoisson } from "./exactMath.js";
import { mapPixels } from "./grid.js";

export const shotNoise: Corruption<"photons" | "dark"> = {
  doc: "Each pixel is a Poisson count; white is `photons` counts on average, black `dark` stray ones.",
  severities: [
    { photons: 28, dark: 0.1 },
    { photons: 18, dark: 0.1 },
    { photons: 13, dark: 0.1 },
    { photons: 10, dark: 0.1 },
    { photons: 8, dark: 0.1 },
  ],
  apply: (image, { photons, dark }, rng) =>
    mapPixels(image, (value) => (255 / photons) * exactPoisson(dark + (value / 255) * photons, rng)),
};

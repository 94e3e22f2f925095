// Shot noise: the grain of counting few photons.
import type { Corruption } from "./corruption.js";
import { exactPoisson } from "./exactMath.js";
import { mapPixels } from "./grid.js";

export const shotNoise: Corruption<"photons" | "dark"> = {
  doc: "Each pixel is a Poisson count; white is `photons` counts on average, black `dark` stray ones.",
  severities: [
    { photons: 12, dark: 0.1 },
    { photons: 7, dark: 0.1 },
    { photons: 5.5, dark: 0.1 },
    { photons: 4.7, dark: 0.1 },
    { photons: 4, dark: 0.1 },
  ],
  apply: (image, { photons, dark }, rng) =>
    mapPixels(image, (value) => (255 / photons) * exactPoisson(dark + (value / 255) * photons, rng)),
};

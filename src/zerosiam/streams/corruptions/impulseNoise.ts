// Impulse noise: salt and pepper.
import type { Corruption } from "./corruption.js";
import { mapPixels } from "./grid.js";

export const impulseNoise: Corruption<"amount"> = {
  doc: "A share `amount` of the pixels turns black or white, as likely the one as the other.",
  severities: [{ amount: 0.006 }, { amount: 0.012 }, { amount: 0.018 }, { amount: 0.026 }, { amount: 0.034 }],
  apply: (image, { amount }, rng) =>
    mapPixels(image, (value) => {
      const draw = rng.uniform();
      if (draw >= amount) return value;
      return draw < amount / 2 ? 0 : 255;
    }),
};

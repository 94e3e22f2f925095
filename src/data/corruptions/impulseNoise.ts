// Impulse noise: salt and pepper.
import type { Corruption } from "./corruption.js";
import { mapPixels } from "./grid.js";

export const impulseNoise: Corruption<"amount"> = {
  doc: "A share `amount` of the pixels turns black or white, as likely the one as the other.",
  severities: [{ amount: 0.01 }, { amount: 0.02 }, { amount: 0.03 }, { amount: 0.042 }, { amount: 0.054 }],
  apply: (image, { amount }, rng) =>
    mapPixels(image, (value) => {
      const draw = rng.uniform();
      if (draw >= amount) return value;
      return draw < amount / 2 ? 0 : 255;
    }),
};

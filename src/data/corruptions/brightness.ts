// Brightness: an overexposed picture.
import type { Corruption } from "./corruption.js";
import { mapPixels } from "./grid.js";

export const brightness: Corruption<"add"> = {
  doc: "Adds `add` of the full range to every pixel; what exceeds white is cut off.",
  severities: [{ add: 0.13 }, { add: 0.17 }, { add: 0.195 }, { add: 0.215 }, { add: 0.235 }],
  apply: (image, { add }) => mapPixels(image, (value) => value + 255 * add),
};

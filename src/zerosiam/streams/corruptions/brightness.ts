// Brightness: an overexposed picture.
import type { Corruption } from "./corruption.js";
import { mapPixels } from "./grid.js";

export const brightness: Corruption<"add"> = {
  doc: "Adds `add` of the full range to every pixel; what exceeds white is cut off.",
  severities: [{ add: 0.2 }, { add: 0.35 }, { add: 0.5 }, { add: 0.65 }, { add: 0.8 }],
  apply: (image, { add }) => mapPixels(image, (value) => value + 255 * add),
};

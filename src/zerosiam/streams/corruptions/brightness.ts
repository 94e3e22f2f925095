// Brightness: an overexposed picture.
import type { Corruption } from "./corruption.js";
import { mapPixels } from "./grid.js";

export const brightness: Corruption<"add"> = {
  doc: "Adds `add` of the full range to every pixel; what exceeds white is cut off.",
  severities: [{ add: 0.06 }, { add: 0.085 }, { add: 0.105 }, { add: 0.125 }, { add: 0.145 }],
  apply: (image, { add }) => mapPixels(image, (value) => value + 255 * add),
};

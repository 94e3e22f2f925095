// min: the smallest element along dimensions.
import type { Shape } from "../tensor/shape.js";
import { extremum } from "./lib/reduce/extremum.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * Smallest element over `dims` (default all), which are removed or kept with size 1; NaN if there is one. Elements that tie
     * share the gradient evenly, as in PyTorch's `amin`. Throws ShapeError over no elements, DTypeError.
     */
    min(dims?: number | Shape | null, keepdim?: boolean): Tensor;
  }
}

export const min = extremum({
  name: "min",
  doc: "smallest element over dimensions; NaN if there is one",
  largest: false,
});

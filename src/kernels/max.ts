// max: the largest element along dimensions.
import type { Shape } from "../tensor/shape.js";
import { extremum } from "./lib/reduce/extremum.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * Largest element over `dims` (default all), which are removed or kept with size 1; NaN if there is one. Elements that tie
     * share the gradient evenly, as in PyTorch's `amax`. Throws ShapeError over no elements, DTypeError.
     */
    max(dims?: number | Shape | null, keepdim?: boolean): Tensor;
  }
}

export const max = extremum({
  name: "max",
  doc: "largest element over dimensions; NaN if there is one",
  largest: true,
});

// A tensor that a module learns.
import { keep, Tensor } from "../tensor/index.js";

/** A leaf of the graph, found by its module. Wants a gradient unless told otherwise with `setRequiresGrad(false)`. */
export class Parameter extends Tensor {
  /** Takes over `initial`: its handle is disposed, its memory kept. */
  constructor(initial: Tensor) {
    super(initial.storage.retain(), initial.shape, initial.dtype);
    this.setRequiresGrad(true);
    initial.dispose();
    keep(this);
  }
}

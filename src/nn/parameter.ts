// A tensor that a module learns.
import { formatValue } from "../tensor/arguments.js";
import { ConfigError, keep, Tensor } from "../tensor/index.js";

/** A leaf of the graph, found by its module. Wants a gradient unless told otherwise with `setRequiresGrad(false)`. */
export class Parameter extends Tensor {
  /** Takes over `initial`: its handle is disposed, its memory kept. */
  constructor(initial: Tensor) {
    if (!(initial instanceof Tensor)) {
      throw new ConfigError(
        `Parameter: initial is ${formatValue(initial)}`,
        "pass a tensor: new Parameter(zeros([3]))",
      );
    }
    super(initial.storage.retain(), initial.shape, initial.dtype);
    this.setRequiresGrad(true);
    initial.dispose();
    keep(this);
  }
}

// Activations and pooling as modules, for Sequential.
import { checkTensor } from "../../tensor/checkTensor.js";
import { scope, type Tensor } from "../../tensor/index.js";
import { Module } from "../module.js";

/** max(x, 0). */
export class ReLU extends Module {
  forward(x: Tensor): Tensor {
    return checkTensor("ReLU", "x", x).relu();
  }
}

/** x·Φ(x), exact by default. */
export class GELU extends Module {
  constructor(readonly approximate: "none" | "tanh" = "none") {
    super();
  }

  forward(x: Tensor): Tensor {
    return checkTensor("GELU", "x", x).gelu(this.approximate);
  }
}

/** The largest of each k × k window. */
export class MaxPool2d extends Module {
  constructor(
    readonly kernel: number,
    readonly stride = kernel,
    readonly padding = 0,
  ) {
    super();
  }

  forward(x: Tensor): Tensor {
    checkTensor("MaxPool2d", "x", x);
    return scope(() => x.maxPool2d(this.kernel, { stride: this.stride, padding: this.padding })[0]);
  }
}

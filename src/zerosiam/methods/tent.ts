// Tent (Wang et al., ICLR 2021): descend the entropy of the model's own predictions.
import { type Classifier, checkRates, SGD } from "../../nn/index.js";
import type { Tensor } from "../../tensor/index.js";
import { entropy } from "../losses.js";
import { configureNorms } from "./configure.js";
import { Method, type Objective } from "./method.js";

export interface TentOptions {
  /** Rate of the normalisation layers' weights and biases. */
  lr: number;
  /** Default 0.9. */
  momentum?: number;
}

export class Tent extends Method {
  readonly name = "tent";

  /** Freezes all of `model` but its normalisation layers. Throws ConfigError for a bad rate or a model without any. */
  constructor(model: Classifier, { lr, momentum = 0.9 }: TentOptions) {
    checkRates("Tent", { lr, momentum });
    super(model);
    const norms = configureNorms(model);
    this.adapt("model", norms, new SGD(norms, { lr, momentum }));
  }

  protected objective(images: Tensor): Objective {
    const logits = this.model.forward(images);
    const loss = entropy(logits);
    return { logits, loss, entropy: loss };
  }
}

// source: the model as it was trained. No adaptation; what every method is compared with.
import type { Classifier } from "../../nn/index.js";
import { noGrad, type Tensor } from "../../tensor/index.js";
import type { BatchLoss } from "./batchLoss.js";
import { useBatchStatistics } from "./configure.js";
import { Method } from "./method.js";

/** The model as it is: no adaptation. */
export class Source extends Method {
  readonly name = "source";

  constructor(model: Classifier) {
    super(model);
    this.takeOver(() => useBatchStatistics(model.eval(), false));
  }

  protected computeLoss(images: Tensor): BatchLoss {
    return { logits: noGrad(() => this.answer(images)) };
  }
}

// norm: batch norm by the statistics of each batch (Schneider et al., NeurIPS 2020, with no prior); nothing is learnt.
import type { Classifier } from "../../nn/index.js";
import { noGrad, type Tensor } from "../../tensor/index.js";
import type { BatchLoss } from "./batchLoss.js";
import { useBatchStatistics } from "./configure.js";
import { Method } from "./method.js";

/** Equals `source` for a model without batch norm. */
export class NormStatistics extends Method {
  readonly name = "norm";

  constructor(model: Classifier) {
    super(model);
    this.takeOver(() => useBatchStatistics(model.eval(), true));
  }

  protected computeLoss(images: Tensor): BatchLoss {
    return { logits: noGrad(() => this.answer(images)) };
  }
}

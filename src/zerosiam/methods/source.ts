// source: the model as it was trained. No adaptation; what every method is compared with.
import { BatchNorm2d, type Classifier } from "../../nn/index.js";
import { noGrad, type Tensor } from "../../tensor/index.js";
import { Method, type Objective } from "./method.js";

export class Source extends Method {
  readonly name = "source";

  constructor(model: Classifier) {
    super(model);
    model.eval();
    // Another method may have had this model before.
    for (const [, module] of model.namedModules()) if (module instanceof BatchNorm2d) module.useBatchStatistics = false;
  }

  protected objective(images: Tensor): Objective {
    return { logits: noGrad(() => this.model.forward(images)) };
  }
}

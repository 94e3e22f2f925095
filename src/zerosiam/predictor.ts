// The predictor: the learnable map that makes the online branch differ from the target branch.
import { Linear } from "../nn/index.js";
import { eye, noGrad, scope, type Tensor } from "../tensor/index.js";

/** h: features [B, d] → [B, d], one linear map without bias that starts as the identity, so that nothing changes at first. */
export class Predictor extends Linear {
  constructor(size: number) {
    super(size, size, { bias: false });
    scope(() => this.weight.assign(eye(size)));
  }

  /** ‖W − I‖_F: how far the online branch has moved from the target branch. */
  distance(): Tensor {
    return noGrad(() => scope(() => this.weight.sub(eye(this.inFeatures)).square().sum().sqrt()));
  }
}

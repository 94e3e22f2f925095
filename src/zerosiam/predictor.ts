// The predictor: the learnable map that makes the online branch differ from the target branch.
import { Linear } from "../nn/index.js";
import { eye, keep, noGrad, scope, type Tensor } from "../tensor/index.js";

/** h: features [B, d] → [B, d], one linear map without bias that starts as the identity, so that nothing changes at first. */
export class Predictor extends Linear {
  /** Made once: the distance is measured at every step. */
  readonly #identity: Tensor;

  constructor(size: number) {
    super(size, size, { bias: false });
    this.#identity = keep(eye(size));
    this.weight.assign(this.#identity);
  }

  /** ‖W − I‖_F: how far the online branch has moved from the target branch. */
  distance(): Tensor {
    return noGrad(() => scope(() => this.weight.sub(this.#identity).square().sum().sqrt()));
  }

  override dispose(): void {
    super.dispose();
    this.#identity.dispose();
  }
}

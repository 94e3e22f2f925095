// The predictor: the map that makes the online branch differ from the target branch.
import { Linear, type Module, normal, ReLU, Sequential } from "../nn/index.js";
import { whole } from "../nn/whole.js";
import { cat, eye, keep, noGrad, type Rng, scope, type Tensor } from "../tensor/index.js";

/** h: features [B, d] → [B, d], one linear map without bias that starts as the identity, so that nothing changes at first. */
export class Predictor extends Linear {
  /** Made once: the distance is measured at every step. */
  readonly #identity: Tensor;

  /** @param random where the weights are to start instead: N(0, 1/d), which keeps lengths on average. */
  constructor(size: number, random?: Rng) {
    super(size, size, { bias: false });
    this.#identity = whole((own) => {
      own(this.weight);
      const identity = own(keep(eye(size)));
      scope(() => this.weight.assign(random ? normal([size, size], size ** -0.5, random) : identity));
      return identity;
    });
  }

  /** ‖W − I‖_F: how far the online branch has moved from the target branch, or will have with the weights `weight`. */
  distance(weight: Tensor = this.weight): Tensor {
    return noGrad(() => scope(() => weight.sub(this.#identity).square().sum().sqrt()));
  }

  override dispose(): void {
    super.dispose();
    this.#identity.dispose();
  }
}

/** linear–ReLU–linear of width 2d without biases, which starts as the identity too: relu(z) − relu(−z) = z. */
function twoLayers(size: number): Module {
  return whole((own) => {
    const up = own(new Linear(size, 2 * size, { bias: false }));
    const down = own(new Linear(2 * size, size, { bias: false }));
    scope(() => {
      const identity = eye(size);
      up.weight.assign(cat([identity, identity.neg()], 0));
      down.weight.assign(cat([identity, identity.neg()], 1));
    });
    return new Sequential(up, new ReLU(), down);
  });
}

/** The predictors by name: null is none. `fixed-random` does not learn. */
export const PREDICTORS = Object.freeze({
  linear: (size) => new Predictor(size),
  "random-linear": (size, rng) => new Predictor(size, rng),
  "fixed-random": (size, rng) => new Predictor(size, rng),
  "two-layer": (size) => twoLayers(size),
  none: () => null,
} as const satisfies Record<string, (size: number, rng: Rng) => Module | null>);

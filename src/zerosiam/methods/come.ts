// COME (Zhang et al., ICLR 2025): Tent and DeYO with the entropy of a Dirichlet opinion in place of the softmax's.
import type { Classifier } from "../../nn/index.js";
import { opinionEntropy } from "../losses.js";
import { Deyo, type DeyoOptions } from "./deyo.js";
import { Tent, type TentOptions } from "./tent.js";

/** Of all samples: what the paper's loss does by itself. */
export class ComeTent extends Tent {
  override readonly name = "come-tent";

  constructor(model: Classifier, options: TentOptions) {
    super(model, options, opinionEntropy, "come-tent");
  }
}

/** Of the samples that DeYO selects, whose thresholds and weights take the opinion's entropy too. */
export class ComeDeyo extends Deyo {
  override readonly name = "come-deyo";

  constructor(model: Classifier, options: DeyoOptions) {
    super(model, options, opinionEntropy, "come-deyo");
  }
}

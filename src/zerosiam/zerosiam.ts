// ZeroSiam (Chen et al., ICLR 2026): entropy minimisation that resists collapse, by an asymmetry before the classifier.
import { type Classifier, SGD } from "../nn/index.js";
import type { Tensor } from "../tensor/index.js";
import { alignment, entropy } from "./losses.js";
import { checkNormOptions, configureNorms, type NormOptions, normOptimizer } from "./methods/configure.js";
import { Method, type Objective } from "./methods/method.js";
import type { StepTerms } from "./methods/metrics.js";
import { Predictor } from "./predictor.js";

export interface ZeroSiamOptions extends NormOptions {
  /** Rate of the predictor; default `lr`. */
  lrPredictor?: number;
  /** Weight α of the alignment; default 1. */
  alpha?: number;
}

/**
 * One backbone pass feeds two branches: the target, z → head, behind a stop-gradient, and the online, z → predictor →
 * head. The online entropy is minimised while both branches are kept together; a collapse of the online branch then
 * costs alignment, because the target cannot follow it within the step (arXiv 2509.23183).
 */
export class ZeroSiam extends Method {
  readonly name = "zerosiam";
  readonly predictor: Predictor;
  readonly alpha: number;

  /** Freezes all of `model` but its normalisation layers. Throws ConfigError for a bad rate or α, or a model without any. */
  constructor(model: Classifier, options: ZeroSiamOptions) {
    const { lr, lrPredictor = lr, alpha = 1, momentum = 0.9 } = options;
    checkNormOptions("ZeroSiam", options, { lrPredictor, alpha });
    super(model, options);
    this.alpha = alpha;
    const norms = configureNorms(model);
    this.predictor = new Predictor(model.numFeatures);
    const weights = this.predictor.namedParameters();
    this.adapt("model", norms, normOptimizer(norms, options));
    this.adapt("predictor", weights, new SGD(weights, { lr: lrPredictor, momentum }));
  }

  protected objective(images: Tensor): Objective {
    const z = this.model.features(images); // [B, d]
    const target = this.model.classify(z).stopGradient(); // u_r: returned, and a constant of the loss
    const online = this.model.classify(this.predictor.forward(z)); // u_o
    const h = entropy(online);
    const d = alignment(online, target);
    return { logits: target, loss: h.add(d.mul(this.alpha)), entropy: h, alignment: d };
  }

  protected override extraTerms(): StepTerms {
    return { predictorDistance: this.predictor.distance() };
  }

  override dispose(): void {
    super.dispose();
    this.predictor.dispose();
  }
}

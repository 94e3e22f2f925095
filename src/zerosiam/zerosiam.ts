// ZeroSiam (Chen et al., ICLR 2026): entropy minimisation that resists collapse, by an asymmetry before the classifier.
import { type Classifier, checkRates, type Module, SGD } from "../nn/index.js";
import { whole } from "../nn/whole.js";
import { formatValue } from "../tensor/arguments.js";
import { ConfigError, Rng, type Tensor } from "../tensor/index.js";
import { checkName } from "../tensor/options.js";
import { DIVERGENCES, OBJECTIVES } from "./losses.js";
import {
  ADAPTATION_OPTIONS,
  type AdaptationOptions,
  checkAdaptation,
  checkWeights,
} from "./methods/adaptationOptions.js";
import type { BatchLoss } from "./methods/batchLoss.js";
import { checkFeatures, checkLogits } from "./methods/checkModel.js";
import { configureNorms, normOptimizer } from "./methods/configure.js";
import { Method } from "./methods/method.js";
import { type SampleFilter, selectedMean } from "./methods/selection.js";
import type { StepTerms } from "./methods/stepMetrics.js";
import { PREDICTORS, Predictor } from "./predictor.js";

/** How ZeroSiam adapts; its parts, to try it without them. */
export interface ZeroSiamOptions extends AdaptationOptions {
  /** Rate of the predictor; default `lr`. */
  lrPredictor?: number;
  /** Weight α of the alignment; default 1. */
  alpha?: number;
  /** What is minimised of the online predictions; default "entropy". */
  objective?: keyof typeof OBJECTIVES;
  /** What keeps the branches together; default "symmetric-kl". */
  divergence?: keyof typeof DIVERGENCES;
  /** What stands between features and head in the online branch; default "linear", which starts as the identity. */
  predictor?: keyof typeof PREDICTORS;
  /** Seed of a random predictor; default 0. */
  seed?: number;
  /** EATA's or DeYO's selection of samples: its weights multiply the loss of each. Default: all samples count the same. */
  filter?: SampleFilter;
}

const OWN = ["lrPredictor", "alpha", "objective", "divergence", "predictor", "seed", "filter"] as const;

/**
 * One backbone pass feeds two branches: the target, z → head, behind a stop-gradient, and the online, z → predictor →
 * head. The online entropy is minimised while both branches are kept together; a collapse of the online branch then
 * costs alignment, because the target cannot follow it within the step (arXiv 2509.23183).
 */
export class ZeroSiam extends Method {
  /** What `options` may name. */
  static readonly options: readonly (keyof ZeroSiamOptions)[] = Object.freeze([...ADAPTATION_OPTIONS, ...OWN]);
  readonly name: string;
  readonly alpha: number;
  /** Null with `predictor: "none"`: then the branches are one and their divergence is 0. */
  readonly predictor: Module | null;
  readonly #objective: (typeof OBJECTIVES)[keyof typeof OBJECTIVES];
  readonly #divergence: (typeof DIVERGENCES)[keyof typeof DIVERGENCES];
  readonly #filter: SampleFilter | null;

  /** Freezes all of `model` but its normalisation layers. Throws ConfigError for bad options or a model without any. */
  constructor(model: Classifier, options: ZeroSiamOptions) {
    checkAdaptation("ZeroSiam", model, options, ZeroSiam.options);
    const { lr, lrPredictor = lr, alpha = 1, momentum = 0.9, seed = 0, filter = null } = options;
    const { objective = "entropy", divergence = "symmetric-kl", predictor = "linear" } = options;
    checkWeights("ZeroSiam", { alpha });
    checkRates("ZeroSiam", { lrPredictor });
    checkName("ZeroSiam: objective", objective, OBJECTIVES);
    checkName("ZeroSiam: divergence", divergence, DIVERGENCES);
    checkName("ZeroSiam: predictor", predictor, PREDICTORS);
    if (filter !== null && typeof filter.select !== "function") {
      throw new ConfigError(`ZeroSiam: filter is ${formatValue(filter)}`, "pass a filter: new EataFilter(model)");
    }
    if (filter?.model && filter.model !== model) {
      throw new ConfigError(
        "ZeroSiam: the filter was made for another model",
        "make it for this one: new EataFilter(model)",
      );
    }
    const rng = new Rng(seed);
    super(model, options);
    this.name = filter ? `zerosiam-${filter.name}` : "zerosiam";
    this.alpha = alpha;
    this.#objective = OBJECTIVES[objective];
    this.#divergence = DIVERGENCES[divergence];
    this.#filter = filter;
    this.predictor = this.takeOver(() => {
      const norms = configureNorms(model, options.frozen);
      this.registerParameters("model", norms, normOptimizer(norms, options));
      if (filter) this.registerBuffers(filter.name, filter.begin());
      return whole((own) => {
        const made = PREDICTORS[predictor](model.numFeatures, rng);
        if (!made) return null;
        const weights = own(made)
          .requiresGrad(predictor !== "fixed-random")
          .namedParameters();
        this.registerParameters("predictor", weights, new SGD(weights, { lr: lrPredictor, momentum }));
        return made;
      });
    }, filter);
  }

  protected computeLoss(images: Tensor): BatchLoss {
    const batch = images.shape[0];
    const z = checkFeatures(this.name, this.model.features(images), batch, this.model); // [B, d]
    const answer = checkLogits(this.name, this.model.classify(z), batch, this.model);
    const target = answer.stopGradient(); // u_r: returned, and a constant of the loss
    const online = this.model.classify(this.predictor?.forward(z) ?? z); // u_o
    const selection = this.#filter?.select(images, target);
    const mean = (values: Tensor) => (selection ? selectedMean(values, selection) : values.mean());
    const onlineEntropy = mean(this.#objective(online));
    const alignment = mean(this.#divergence(online, target));
    const loss = onlineEntropy.add(alignment.mul(this.alpha));
    return { logits: target, loss, onlineEntropy, alignment, ...selection };
  }

  protected override extraTerms(after: (live: Tensor) => Tensor): StepTerms {
    if (!(this.predictor instanceof Predictor)) return {};
    return { predictorDistance: this.predictor.distance(after(this.predictor.weight)) };
  }

  override dispose(): void {
    super.dispose();
    this.predictor?.dispose();
  }
}

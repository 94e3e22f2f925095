// Tent (Wang et al., ICLR 2021): descend the entropy of the model's own predictions.
import type { Classifier } from "../../nn/index.js";
import type { Tensor } from "../../tensor/index.js";
import { type SampleLoss, softmaxEntropy } from "../losses.js";
import { checkNormOptions, configureNorms, NORM_OPTIONS, type NormOptions, normOptimizer } from "./configure.js";
import { Method } from "./method.js";
import type { Objective } from "./objective.js";

export type TentOptions = NormOptions;

export class Tent extends Method {
  /** What `options` may name. */
  static readonly options: readonly (keyof TentOptions)[] = [...NORM_OPTIONS];
  readonly name: string = "tent";
  readonly #uncertainty: SampleLoss;

  /**
   * Freezes all of `model` but its normalisation layers; minimises `uncertainty`. Throws ConfigError, in the name of
   * `owner`, for bad options or a model without such layers.
   */
  constructor(model: Classifier, options: TentOptions, uncertainty = softmaxEntropy, owner = "Tent") {
    checkNormOptions(owner, options, Tent.options);
    super(model, options);
    const norms = configureNorms(model);
    this.#uncertainty = uncertainty;
    this.adapt("model", norms, normOptimizer(norms, options));
  }

  protected objective(images: Tensor): Objective {
    const logits = this.model.forward(images);
    const loss = this.#uncertainty(logits).mean();
    return { logits, loss, entropy: loss };
  }
}

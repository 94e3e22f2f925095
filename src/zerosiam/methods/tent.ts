// Tent (Wang et al., ICLR 2021): descend the entropy of the model's own predictions.
import type { Classifier } from "../../nn/index.js";
import type { Tensor } from "../../tensor/index.js";
import { type SampleLoss, softmaxEntropy } from "../losses.js";
import { ADAPTATION_OPTIONS, type AdaptationOptions, checkAdaptation } from "./adaptationOptions.js";
import type { BatchLoss } from "./batchLoss.js";
import { configureNorms, normOptimizer } from "./configure.js";
import { Method } from "./method.js";

/** How Tent adapts. */
export type TentOptions = AdaptationOptions;

/** Tent (Wang et al., ICLR 2021): entropy of the model's own answers, by its normalisation layers. */
export class Tent extends Method {
  /** What `options` may name. */
  static readonly options: readonly (keyof TentOptions)[] = Object.freeze([...ADAPTATION_OPTIONS]);
  readonly name: string = "tent";
  readonly #uncertainty: SampleLoss;

  /**
   * Freezes all of `model` but its normalisation layers; minimises `uncertainty`. Throws ConfigError, in the name of
   * `owner`, for bad options or a model without such layers.
   */
  constructor(model: Classifier, options: TentOptions, uncertainty = softmaxEntropy, owner = "Tent") {
    checkAdaptation(owner, model, options, Tent.options);
    super(model, options);
    this.#uncertainty = uncertainty;
    this.takeOver(() => {
      const norms = configureNorms(model, options.frozen);
      this.registerParameters("model", norms, normOptimizer(norms, options));
    });
  }

  protected computeLoss(images: Tensor): BatchLoss {
    const logits = this.answer(images);
    const loss = this.#uncertainty(logits).mean();
    return { logits, loss, onlineEntropy: loss };
  }
}

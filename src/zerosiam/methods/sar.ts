// SAR (Niu et al., ICLR 2023): reliable samples, a sharpness-aware step, and recovery when the loss says collapse.
import { type Classifier, type Parameter, sharpen } from "../../nn/index.js";
import { checkFlag } from "../../tensor/arguments.js";
import { keep, scope, type Tensor, tensor } from "../../tensor/index.js";
import { ADAPTATION_OPTIONS, type AdaptationOptions, checkAdaptation, checkWeights } from "./adaptationOptions.js";
import type { BatchLoss } from "./batchLoss.js";
import { configureNorms, normOptimizer, SAR_FROZEN } from "./configure.js";
import { Method } from "./method.js";
import { count, entropyMargin, selectedMean } from "./selection.js";
import type { StepTerms } from "./stepMetrics.js";

/** How SAR adapts, and when it recovers. */
export interface SarOptions extends AdaptationOptions {
  /** E₀: samples of lower entropy are reliable, in nats; default 0.4 ln C. */
  margin?: number;
  /** Length of the climb to the worst weights nearby; default 0.05. */
  rho?: number;
  /** The parameters go back to where they began when the moving average of the loss falls below this; default 0.2. */
  recoverBelow?: number;
  /** Recovery clears the momentum and the average too; default false, as in the authors' code. */
  cleanReset?: boolean;
}

/** What the moving average is while there is none: entropies are not negative. */
const NONE = -1;

const OWN = ["margin", "rho", "recoverBelow", "cleanReset"] as const;

/** SAR (Niu et al., ICLR 2023): entropy of sure samples at a flat minimum, and back to the source on collapse. */
export class Sar extends Method {
  /** What `options` may name. */
  static readonly options: readonly (keyof SarOptions)[] = Object.freeze([...ADAPTATION_OPTIONS, ...OWN]);
  readonly name = "sar";
  readonly #norms: ReadonlyMap<string, Parameter>;
  readonly #settings: { margin: number; rho: number; recoverBelow: number; cleanReset: boolean };
  readonly #average: Tensor;
  readonly #recoveries: Tensor;

  /** Freezes all of `model` but its normalisation layers. Throws ConfigError for bad options or a model without any. */
  constructor(model: Classifier, options: SarOptions) {
    checkAdaptation("SAR", model, options, Sar.options);
    const { margin = entropyMargin(model), rho = 0.05, recoverBelow = 0.2, cleanReset = false } = options;
    checkWeights("SAR", { margin, rho, recoverBelow });
    checkFlag("SAR", "cleanReset", cleanReset);
    super(model, options);
    this.#settings = { margin, rho, recoverBelow, cleanReset };
    const { norms, average, recoveries } = this.takeOver(() => {
      const norms = configureNorms(model, options.frozen === undefined ? SAR_FROZEN : options.frozen);
      const [average, recoveries] = scope(() => [tensor(NONE), tensor(0)]).map(keep);
      this.registerBuffers("sar", new Map(Object.entries({ average, recoveries })));
      this.registerParameters("model", norms, normOptimizer(norms, options));
      return { norms, average, recoveries };
    });
    this.#norms = norms;
    this.#average = average;
    this.#recoveries = recoveries;
  }

  protected computeLoss(images: Tensor): BatchLoss {
    const { margin, rho } = this.#settings;
    const logits = this.answer(images);
    const h = logits.softmaxEntropy();
    const certain = h.detach().lt(margin);
    const reliable = count(certain);
    const firstLoss = selectedMean(h, { weights: certain.cast("f32"), kept: reliable });
    const { worst, norm } = sharpen(this.#norms.values(), rho, firstLoss, () => {
      const again = this.answer(images).softmaxEntropy();
      const weights = certain.logicalAnd(again.detach().lt(margin)).cast("f32");
      const kept = weights.sum();
      return { loss: selectedMean(again, { weights, kept }), kept };
    });
    return { logits, firstLoss, reliable, ...worst, ...this.#watch(worst), learn: norm.isFinite() };
  }

  /** The moving average of the loss, and whether it has fallen so low that the model must have collapsed (section 4.3). */
  #watch({ loss, kept }: { loss: Tensor; kept: Tensor }): Pick<BatchLoss, "average" | "next" | "recovery"> {
    const { recoverBelow, cleanReset } = this.#settings;
    const before = this.#average;
    const now = loss.detach();
    const moved = before.lt(0).where(now, before.mul(0.9).add(now.mul(0.1)));
    const average = kept.gt(0).where(moved, before);
    const when = average.ge(0).logicalAnd(average.lt(recoverBelow));
    return {
      average,
      next: [
        [before, cleanReset ? when.where(NONE, average) : average],
        [this.#recoveries, this.#recoveries.add(when.cast("f32"))],
      ],
      recovery: { when, optimizers: cleanReset },
    };
  }

  protected override extraTerms(after: (live: Tensor) => Tensor): StepTerms {
    return { recoveries: after(this.#recoveries) };
  }
}

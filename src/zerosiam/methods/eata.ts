// EATA (Niu et al., ICML 2022): learn from reliable samples that are not like those before, and forget little.
import type { Classifier, Parameter } from "../../nn/index.js";
import { checkNamed } from "../../nn/state.js";
import { ConfigError, keep, noGrad, type Tensor, zeros } from "../../tensor/index.js";
import { checkOptions } from "../../tensor/options.js";
import { ADAPTATION_OPTIONS, type AdaptationOptions, checkAdaptation, checkWeights } from "./adaptationOptions.js";
import type { BatchLoss } from "./batchLoss.js";
import { checkClassifier } from "./checkModel.js";
import { configureNorms, normOptimizer } from "./configure.js";
import { Method } from "./method.js";
import { count, entropyMargin, type SampleFilter, type Selection, selectedMean } from "./selection.js";

/** Which samples EATA selects. */
export interface EataFilterOptions {
  /** E₀: samples of lower entropy are reliable, in nats; default 0.4 ln C. */
  margin?: number;
  /** Reliable samples whose |cosine| with the average answer is as large are redundant; default 0.05, or 0.4 for 10 classes or fewer. */
  dMargin?: number;
}

/** How EATA adapts, on which samples, and what holds it. */
export interface EataOptions extends AdaptationOptions, EataFilterOptions {
  /** By parameter, from `fisherInformation`: how much the clean data want it where it is. Default: none, no anti-forgetting. */
  fisher?: ReadonlyMap<string, Tensor>;
  /** Weight of the anti-forgetting term; default 2000, or 1 for 10 classes or fewer. */
  fisherAlpha?: number;
}

/** Reliable and not redundant (eq. 3 to 5); each sample weighs exp(E₀ − H). */
export class EataFilter implements SampleFilter {
  readonly name = "eata";
  readonly #margin: number;
  readonly #dMargin: number;
  /** p̄ `[C]`: moving average of the answers to the samples that were kept; zeros while there is none. */
  #average!: Tensor;

  /** Throws ConfigError for a model that is no classifier, and margins that are negative or not finite. */
  constructor(
    readonly model: Classifier,
    options: EataFilterOptions = {},
  ) {
    checkClassifier("EATA", model);
    checkOptions("EATA", options, Object.keys(options ?? {}));
    const { margin = entropyMargin(model), dMargin = recipe(model).dMargin } = options;
    checkWeights("EATA", { margin, dMargin });
    this.#margin = margin;
    this.#dMargin = dMargin;
  }

  /** The average of the answers, which goes on from batch to batch; the caller owns it. */
  begin(): ReadonlyMap<string, Tensor> {
    this.#average = keep(zeros([this.model.numClasses]));
    return new Map([["average", this.#average]]);
  }

  /** Which images to learn from, and with what weight, by their `logits` `[B, C]`. */
  select(_: Tensor, logits: Tensor): Selection {
    return noGrad(() => {
      const h = logits.softmaxEntropy();
      const p = logits.softmax();
      const reliable = h.lt(this.#margin);
      const first = this.#average.sum().eq(0);
      const diverse = cosine(p, this.#average).abs().lt(this.#dMargin).logicalOr(first);
      const mask = reliable.logicalAnd(diverse);
      const kept = count(mask);
      const mean = mask.reshape([-1, 1]).where(p, 0).sum(0).div(kept.maximum(1));
      return {
        weights: mask.where(h.neg().add(this.#margin).exp(), 0),
        reliable: count(reliable),
        kept,
        learn: kept.gt(0),
        next: [[this.#average, first.where(mean, this.#average.mul(0.9).add(mean.mul(0.1)))]],
      };
    });
  }
}

const OWN = ["margin", "dMargin", "fisher", "fisherAlpha"] as const;

/** EATA (Niu et al., ICML 2022): entropy of sure samples that differ from those before, held by Fisher information. */
export class Eata extends Method {
  /** What `options` may name. */
  static readonly options: readonly (keyof EataOptions)[] = Object.freeze([...ADAPTATION_OPTIONS, ...OWN]);
  readonly name = "eata";
  readonly #filter: EataFilter;
  readonly #fisherAlpha: number;
  readonly #anchored: readonly { parameter: Parameter; fisher: Tensor }[];

  /** Freezes all of `model` but its normalisation layers. Throws ConfigError for bad options or a model without any. */
  constructor(model: Classifier, options: EataOptions) {
    checkAdaptation("EATA", model, options, Eata.options);
    const { fisher, fisherAlpha = recipe(model).fisherAlpha } = options;
    checkWeights("EATA", { fisherAlpha });
    if (fisher !== undefined) checkNamed("EATA: fisher", fisher);
    const filter = new EataFilter(model, options);
    super(model, options);
    this.#fisherAlpha = fisherAlpha;
    this.#filter = filter;
    this.#anchored = this.takeOver(() => {
      const norms = configureNorms(model, options.frozen);
      const anchored = fisher ? anchor(norms, fisher) : [];
      this.registerBuffers(filter.name, filter.begin());
      this.registerParameters("model", norms, normOptimizer(norms, options));
      return anchored;
    });
  }

  protected computeLoss(images: Tensor): BatchLoss {
    const logits = this.answer(images);
    const selection = this.#filter.select(images, logits);
    const onlineEntropy = selectedMean(logits.softmaxEntropy(), selection);
    return {
      logits,
      loss: this.#forgetting().reduce((sum, term) => sum.add(term), onlineEntropy),
      onlineEntropy,
      ...selection,
    };
  }

  /** The terms of α_F Σ F (θ − θ⁰)² (eq. 8), one a parameter. */
  #forgetting(): Tensor[] {
    return this.#anchored.map(({ parameter, fisher }) =>
      parameter.sub(this.start(parameter)).square().mul(fisher).sum().mul(this.#fisherAlpha),
    );
  }
}

/** Each parameter with its information. Throws ConfigError where there is none, or of another shape. */
function anchor(norms: ReadonlyMap<string, Parameter>, fisher: ReadonlyMap<string, Tensor>) {
  return [...norms].map(([name, parameter]) => {
    const information = fisher.get(name);
    if (information && String(information) === String(parameter)) return { parameter, fisher: information };
    throw new ConfigError(
      `EATA: the Fisher information of ${name} is ${information ?? "missing"}, not ${parameter}`,
      "pass what fisherInformation gave for this model",
    );
  });
}

/** cos(p, q) of each row of p `[B, C]` with q `[C]`; 0 where q is 0. */
function cosine(p: Tensor, q: Tensor): Tensor {
  const length = (x: Tensor) => x.square().sum(-1).sqrt().maximum(1e-8);
  return p
    .mul(q)
    .sum(-1)
    .div(length(p).mul(length(q)));
}

/** What EATA's authors take for ImageNet, and for the ten classes of CIFAR-10: of one recipe, since the terms are weighed together. */
const recipe = ({ numClasses }: Classifier) =>
  numClasses > 10 ? { dMargin: 0.05, fisherAlpha: 2000 } : { dMargin: 0.4, fisherAlpha: 1 };

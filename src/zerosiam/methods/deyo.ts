// DeYO (Lee et al., ICLR 2024): learn from samples whose answer depends on the object's shape.
import { BatchNorm2d, type Classifier } from "../../nn/index.js";
import { checkGrid, checkSide, randomPermutations, shufflePatches } from "../../nn/patchShuffle.js";
import { formatValue } from "../../tensor/arguments.js";
import { ConfigError, keep, noGrad, Rng, type Tensor, tensor } from "../../tensor/index.js";
import { checkOptions } from "../../tensor/options.js";
import { type SampleLoss, softmaxEntropy } from "../losses.js";
import { ADAPTATION_OPTIONS, type AdaptationOptions, checkAdaptation, checkWeights } from "./adaptationOptions.js";
import type { BatchLoss } from "./batchLoss.js";
import { checkClassifier } from "./checkModel.js";
import { configureNorms, normOptimizer, SAR_FROZEN } from "./configure.js";
import { Method } from "./method.js";
import { count, entropyMargin, type SampleFilter, type Selection, selectedMean } from "./selection.js";

/** Which samples DeYO selects. */
export interface DeyoFilterOptions {
  /** Samples of lower entropy are looked at further, in nats; default 0.5 ln C. */
  deyoMargin?: number;
  /** E₀ of the weight exp(E₀ − H), in nats; default 0.4 ln C. */
  margin?: number;
  /** Least fall of the answer's probability when the patches are shuffled; default 0.2. */
  plpd?: number;
  /** Patches along each side of an image; default 4. */
  patches?: number;
  /** Seed of the shuffles; default 0. */
  seed?: number;
  /** Gives the shuffles instead, for B images: i32 `[B, patches²]`. */
  permutations?: (batch: number) => Tensor;
}

/** Certain, and by the object's shape (eq. 6 and 7); each sample weighs exp(E₀ − H) + exp(PLPD) (eq. 8). */
export class DeyoFilter implements SampleFilter {
  readonly name = "deyo";
  readonly #settings: Required<Omit<DeyoFilterOptions, "permutations" | "seed">>;
  readonly #firstKey: readonly [number, number];
  readonly #permutations: DeyoFilterOptions["permutations"];
  /** The key of the next shuffle, u32[2]. */
  #key!: Tensor;

  /** Throws ConfigError for thresholds that are negative or not finite, patches that are no count or a bad seed. */
  constructor(
    readonly model: Classifier,
    options: DeyoFilterOptions = {},
    readonly uncertainty: SampleLoss = softmaxEntropy,
    owner = "DeYO",
  ) {
    checkClassifier(owner, model);
    checkOptions(owner, options, Object.keys(options ?? {}));
    const { deyoMargin = 0.5 * Math.log(model.numClasses), margin = entropyMargin(model) } = options;
    const { plpd = 0.2, patches = 4, seed = 0, permutations } = options;
    checkWeights(owner, { deyoMargin, margin, plpd });
    checkSide(owner, patches);
    if (permutations !== undefined && typeof permutations !== "function") {
      const help = "pass a function of the batch size: i32 [B, patches²]";
      throw new ConfigError(`${owner}: permutations is ${formatValue(permutations)}`, help);
    }
    this.#settings = { deyoMargin, margin, plpd, patches };
    this.#permutations = permutations;
    this.#firstKey = new Rng(seed).fork("deyo").key;
  }

  /** The key of its random numbers, which goes on from batch to batch; the caller owns it. */
  begin(): ReadonlyMap<string, Tensor> {
    this.#key = keep(tensor(Uint32Array.from(this.#firstKey)));
    return new Map([["key", this.#key]]);
  }

  /** Which of `images` `[B, C, H, W]` to learn from, and with what weight, by their `logits` `[B, C]`. */
  select(images: Tensor, logits: Tensor): Selection {
    const { deyoMargin, margin, plpd, patches } = this.#settings;
    checkGrid(images, patches);
    return noGrad(() => {
      const h = this.uncertainty(logits);
      const certain = h.lt(deyoMargin);
      const batch = images.shape[0];
      const given = this.#permutations;
      const order = given ? given(batch) : randomPermutations(this.#key, batch, patches * patches);
      const shuffled = shufflePatches(images, patches, order);
      const answers = BatchNorm2d.withRowMask(this.model, certain, () => this.model.forward(shuffled));
      const label = logits.argmax(-1, true);
      const probability = (u: Tensor) => u.softmax().gather(label, 1).reshape([batch]);
      const fall = probability(logits).sub(probability(answers));
      const mask = certain.logicalAnd(fall.gt(plpd));
      const kept = count(mask);
      return {
        weights: mask.where(h.neg().add(margin).exp().add(fall.exp()), 0),
        reliable: count(certain),
        kept,
        learn: kept.gt(0),
        drawn: [[this.#key, this.#key.add(tensor(Uint32Array.of(0, 1), null, { device: this.#key.device }))]],
      };
    });
  }
}

/** How DeYO adapts, and on which samples. */
export interface DeyoOptions extends AdaptationOptions, DeyoFilterOptions {}

const OWN = ["deyoMargin", "margin", "plpd", "patches", "seed", "permutations"] as const;

/** DeYO (Lee et al., ICLR 2024): entropy of samples whose answer depends on the shape of things. */
export class Deyo extends Method {
  /** What `options` may name. */
  static readonly options: readonly (keyof DeyoOptions)[] = Object.freeze([...ADAPTATION_OPTIONS, ...OWN]);
  readonly name: string = "deyo";
  readonly #filter: DeyoFilter;

  /**
   * Freezes all of `model` but its normalisation layers; minimises `uncertainty` and judges by it. Throws ConfigError, in
   * the name of `owner`, for bad options or a model without such layers.
   */
  constructor(model: Classifier, options: DeyoOptions, uncertainty = softmaxEntropy, owner = "DeYO") {
    checkAdaptation(owner, model, options, Deyo.options);
    const filter = new DeyoFilter(model, options, uncertainty, owner);
    super(model, options);
    this.#filter = filter;
    this.takeOver(() => {
      const norms = configureNorms(model, options.frozen === undefined ? SAR_FROZEN : options.frozen);
      this.registerBuffers(filter.name, filter.begin());
      this.registerParameters("model", norms, normOptimizer(norms, options));
    });
  }

  protected computeLoss(images: Tensor): BatchLoss {
    const logits = this.answer(images);
    const selection = this.#filter.select(images, logits);
    const loss = selectedMean(this.#filter.uncertainty(logits), selection);
    return { logits, loss, onlineEntropy: loss, ...selection };
  }
}

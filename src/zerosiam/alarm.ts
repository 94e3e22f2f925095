// The collapse alarm: one rule on dominance, entropy and logit norm, and what to do when it fires.
import { checkRates } from "../nn/index.js";
import { ConfigError } from "../tensor/index.js";
import type { Method } from "./methods/index.js";
import { answers, DominantShare } from "./metrics/index.js";

export interface AlarmOptions {
  /** Images that the rule looks back on, and that the reference is taken of; default 128. */
  window?: number;
  /** Mean entropy (nats) and logit norm of a model that is well, for instance on validation data; default: those of the first window. */
  reference?: { readonly entropy: number; readonly logitNorm: number };
}

/** What the trailing window showed when the alarm fired. */
export interface CollapseWarning {
  /** Images seen until then. */
  readonly images: number;
  /** Largest share of one class among the answers. */
  readonly dominance: number;
  /** Mean entropy ÷ the reference's. */
  readonly entropyRatio: number;
  /** Mean logit norm ÷ the reference's. */
  readonly normRatio: number;
}

/**
 * Entropy minimisation collapses by lengthening the logits of one class; at rates far too high the logits may then shrink
 * to nothing. So the alarm fires when, over the trailing window, one class has taken over:
 *
 * 1. dominance ≥ 0.9: one class has nine answers of ten. Not enough by itself: a stream sorted by class asks for it.
 * 2. mean entropy ≤ ¼ of the reference's: the model is sure. Not enough: to become surer is what adaptation is for.
 * 3. mean logit norm ≥ 1.1 times the reference's: it is sure because of longer logits. Not enough: some images have them.
 *
 * or when the answers no longer say anything: mean entropy ≥ 0.9 ln C.
 *
 * A healthy model on any mix of classes fails the first, on sorted hard images the second. The thresholds come from this
 * reasoning, with one collapsing and one healthy run on the digits' test part in view; the clause on ln C was added when
 * runs on the validation part showed collapses without it that went unheard (docs/findings.md: the rules tried, false
 * alarms and delays). Images without an answer (logits not finite) belong to no class and are left out of the means.
 * After a warning the window begins anew; the reference stays.
 */
export class CollapseAlarm {
  /** Images that it looks back on by default. */
  static readonly WINDOW = 128;
  static readonly DOMINANCE = 0.9;
  static readonly ENTROPY_RATIO = 0.25;
  static readonly NORM_RATIO = 1.1;
  /** Of ln C, the entropy of answers that prefer no class. */
  static readonly EMPTY = 0.9;
  readonly #window: number;
  #reference: { readonly entropy: number; readonly logitNorm: number } | null;
  #dominance: DominantShare;
  #trailing: { readonly entropy: number; readonly logitNorm: number }[] = [];
  #images = 0;

  /** Throws ConfigError unless the window is a positive integer and the reference's figures are positive. */
  constructor(
    readonly classes: number,
    { window = CollapseAlarm.WINDOW, reference }: AlarmOptions = {},
  ) {
    if (!Number.isSafeInteger(window) || window < 1) {
      throw new ConfigError(`CollapseAlarm: window is ${window}`, "use a number of images ≥ 1");
    }
    if (reference && !(reference.entropy > 0 && reference.logitNorm > 0)) {
      throw new ConfigError(
        `CollapseAlarm: the reference is ${reference.entropy} nats and a norm of ${reference.logitNorm}`,
        "give what a model that is well shows: both are above 0",
      );
    }
    this.#window = window;
    this.#reference = reference ?? null;
    this.#dominance = new DominantShare(window);
  }

  /** Takes the answers of a batch, logits `[B, classes]` as they were returned; a warning when the rule holds. */
  observe(logits: Float32Array): CollapseWarning | null {
    for (const { prediction, entropy, logitNorm } of answers(logits, this.classes)) {
      this.#images++;
      this.#dominance.add(prediction);
      this.#trailing.push({ entropy, logitNorm });
      if (this.#trailing.length > this.#window) this.#trailing.shift();
    }
    return this.#judge();
  }

  #judge(): CollapseWarning | null {
    const dominance = this.#dominance.value;
    if (dominance === null) return null;
    const mean = (name: "entropy" | "logitNorm") => {
      const finite = this.#trailing.map((figures) => figures[name]).filter(Number.isFinite);
      return finite.reduce((sum, v) => sum + v, 0) / finite.length;
    };
    const now = { entropy: mean("entropy"), logitNorm: mean("logitNorm") };
    this.#reference ??= now;
    const entropyRatio = now.entropy / this.#reference.entropy;
    const normRatio = now.logitNorm / this.#reference.logitNorm;
    const sure = entropyRatio <= CollapseAlarm.ENTROPY_RATIO && normRatio >= CollapseAlarm.NORM_RATIO;
    const empty = now.entropy >= CollapseAlarm.EMPTY * Math.log(this.classes);
    if (!empty && !(sure && dominance >= CollapseAlarm.DOMINANCE)) return null;
    this.#dominance = new DominantShare(this.#window);
    this.#trailing = [];
    return { images: this.#images, dominance, entropyRatio, normRatio };
  }
}

export interface GuardOptions extends AlarmOptions {
  /** "warn" only tells; "rollback" also takes back all steps that the method remembers and lowers its rates. Default "warn". */
  response?: "warn" | "rollback";
  /** What the rates are multiplied by at a rollback; default 0.5. */
  rateFactor?: number;
}

/**
 * An alarm that acts on a method. Collapse is some way on when the window shows it: to go back behind it, make the method
 * with the `history` that `historyFor` names.
 */
export class CollapseGuard {
  /** Images that a rollback takes back: eight windows. Two, tried first, led back to after the onset (docs/findings.md). */
  static readonly REACH = 8 * CollapseAlarm.WINDOW;

  /** The steps of `batchSize` images that reach so far back. */
  static historyFor(batchSize: number): number {
    return Math.ceil(CollapseGuard.REACH / batchSize);
  }

  readonly alarm: CollapseAlarm;
  readonly response: "warn" | "rollback";
  readonly #rateFactor: number;

  /** Throws ConfigError for bad options. */
  constructor(
    readonly method: Method,
    { response = "warn", rateFactor = 0.5, ...options }: GuardOptions = {},
  ) {
    checkRates("CollapseGuard", { rateFactor });
    if (response !== "warn" && response !== "rollback") {
      throw new ConfigError(`CollapseGuard: unknown response ${JSON.stringify(response)}`, "choose warn or rollback");
    }
    this.alarm = new CollapseAlarm(method.model.numClasses, options);
    this.response = response;
    this.#rateFactor = rateFactor;
  }

  /**
   * Takes the answers to the batch of the method's last step; when the alarm fires, responds and returns the warning.
   * Throws ConfigError when it is to roll back a method that remembers nothing.
   */
  observe(logits: Float32Array): CollapseWarning | null {
    const warning = this.alarm.observe(logits);
    if (warning && this.response === "rollback") {
      this.method.rollback(this.method.remembered);
      this.method.scaleRates(this.#rateFactor);
    }
    return warning;
  }
}

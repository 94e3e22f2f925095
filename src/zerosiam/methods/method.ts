// What all test-time adaptation methods share: a step, which bad batches cannot harm, and the way back.

import { Hold } from "../../nn/hold.js";
import type { Classifier, Optimizer, Parameter, Update } from "../../nn/index.js";
import { checkSizes } from "../../nn/layers/groups.js";
import { standaloneState } from "../../nn/layers/statistics.js";
import { checkFlag } from "../../tensor/arguments.js";
import {
  backward,
  DisposedError,
  deviceOf,
  full,
  keep,
  noGrad,
  scope,
  type Tensor,
  withDevice,
} from "../../tensor/index.js";
import type { BatchLoss, Recovery } from "./batchLoss.js";
import { checkClassifier, checkImages, checkLogits } from "./checkModel.js";
import { MethodState } from "./state.js";
import { StepMetrics, type StepTerms } from "./stepMetrics.js";
import { type MethodWarning, Warnings } from "./warnings.js";

/** The outcome of a step. Both live until the method's next step: `keep()` the logits to hold them longer. */
export interface StepResult {
  readonly logits: Tensor;
  readonly metrics: StepMetrics;
}

/** How a method goes about its steps, whichever it is. */
export interface StepOptions {
  /** Passes over each batch, each with an update; the answer is the last one's. Default 1. */
  steps?: number;
  /** Start anew on every batch: `reset()` before each. Default false. */
  episodic?: boolean;
  /** Steps that `rollback` can take back; each costs the memory of what adapts. Default 0. */
  history?: number;
}

/** Test-time adaptation of a classifier, a batch at a time. */
export abstract class Method {
  abstract readonly name: string;
  readonly model: Classifier;
  readonly #steps: number;
  readonly #episodic: boolean;
  /** Whether a step needs to know where it began: to be taken back later, or when it fails half way. */
  readonly #noted: boolean;
  readonly #state: MethodState;
  readonly #warnings = new Warnings();
  #hold: Hold | null = null;
  #last: StepResult | null = null;

  /** Throws ConfigError unless `model` is a classifier, `steps` a positive integer and `history` an integer ≥ 0. */
  constructor(model: Classifier, { steps = 1, episodic = false, history = 0 }: StepOptions = {}) {
    checkClassifier("Method", model);
    checkFlag("Method", "episodic", episodic);
    checkSizes("Method", { steps });
    checkSizes("Method", { history }, 0);
    this.model = model;
    this.#steps = steps;
    this.#episodic = episodic;
    this.#noted = history > 0 || episodic || steps > 1;
    this.#state = new MethodState(history);
    if (!episodic || steps > 1) return;
    const help = "use 2 steps or more, whose last answer comes after an update, or no episodes";
    this.#warnings.say("episodic", "every answer comes before the first update, so all are the source's", help);
  }

  /** What has been seen so far that a run will not survive well, each once. Grows at the first step, and as metrics are read. */
  get warnings(): readonly MethodWarning[] {
    return [...this.#warnings.list];
  }

  /** The logits of a batch, and the loss to descend: in which one method differs from another. */
  protected abstract computeLoss(images: Tensor): BatchLoss;

  /**
   * Runs `setUp` on the model and its device. The model is this method's alone from then on, as is `filter`, until `dispose()`. Where it
   * throws, all is given back. Throws ConfigError when another method holds either.
   */
  protected takeOver<T>(setUp: () => T, filter: object | null = null): T {
    this.#hold = new Hold(this, this.model, filter);
    try {
      return withDevice(deviceOf(this.model.stateDict().values()), setUp);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** The model's answer to a batch, `[B, C]`. Throws ShapeError when it is another one. */
  protected answer(images: Tensor): Tensor {
    return checkLogits(this.name, this.model.forward(images), images.shape[0], this.model);
  }

  /** Registers parameters that adapt, under a prefix of the state's keys. Remembers their values for `reset()`. */
  protected registerParameters(prefix: string, parameters: ReadonlyMap<string, Parameter>, optimizer: Optimizer): void {
    this.#state.registerParameters(prefix, parameters, optimizer);
  }

  /** Takes over tensors that `computeLoss` changes by its `next`, under a prefix of the state's keys. */
  protected registerBuffers(prefix: string, tensors: ReadonlyMap<string, Tensor>): void {
    this.#state.registerBuffers(prefix, tensors);
  }

  /** The value that a parameter, or another tensor that adapts, had when the method was made. */
  protected start(live: Tensor): Tensor {
    return this.#state.start(live) as Tensor;
  }

  /**
   * Adapts on `images` `[B, channels, H, W]` and returns their logits as they were before the (last) update. Only encodes
   * work: await `logits.data()` or `metrics.read()`. A batch whose gradient is not finite leaves everything as it
   * was (with `episodic`, as it was at the start) but for counters of random numbers, and its metrics say so. Throws ShapeError for an empty batch or images that
   * do not fit the model, DTypeError unless they are f32, DisposedError, OutOfMemoryError; then nothing has changed.
   */
  step(images: Tensor): StepResult {
    this.#checkUse();
    checkImages(this.name, images);
    const before = this.#noted ? this.#state.snapshot() : null;
    let result: StepResult | null = null;
    try {
      if (this.#episodic) this.#state.restart();
      for (let pass = 0; pass < this.#steps; pass++) {
        const earlier: StepResult | null = result;
        result = this.#pass(images, earlier);
        disposeResult(earlier);
      }
    } catch (error) {
      disposeResult(result);
      if (before) this.#state.restore(before);
      throw error;
    }
    if (before) this.#state.remember(before);
    if (!this.#last) this.#warnings.hearFirst(this.model, images.shape[0], this.#state.rate);
    disposeResult(this.#last);
    this.#last = result as StepResult;
    return this.#last;
  }

  /** One forward and backward pass, and the update, after `earlier` ones; the outcome is kept out of every scope. */
  #pass(images: Tensor, earlier: StepResult | null): StepResult {
    return scope(() => {
      const imagesFinite = noGrad(() => images.allFinite([]));
      const { learn, ...batchLoss } = this.computeLoss(images);
      const { logits, next, drawn, recovery, ...terms } = batchLoss;
      const wanted = learn ? imagesFinite.logicalAnd(learn) : imagesFinite;
      const { ok, updates } = terms.loss ? this.#updates(terms.loss, wanted, batchLoss) : { ok: wanted, updates: [] };
      const after = new Map(updates);
      const metrics = noGrad(() => {
        const updated = earlier ? ok.logicalOr(earlier.metrics.updated) : ok;
        const extra = this.extraTerms((live) => after.get(live) ?? live);
        const answersFinite = logits.allFinite([]);
        const largest = this.#last ? full([], 0, { device: images.device }) : images.abs().max();
        const flags = { imagesFinite, updated, answersFinite, largest };
        return new StepMetrics(this.name, { ...extra, ...terms }, flags, (report, finite, pixel) =>
          this.#warnings.hear(report, finite, pixel, this.model.numClasses),
        );
      });
      const result = { logits: keep(logits.detach()), metrics: metrics.keep() };
      for (const [target, value] of updates) target.assign(value); // all that can fail has been done
      return result;
    });
  }

  /** What a step changes, computed and not yet taken over, where `ok`: wanted, and no new value would be infinite or NaN. */
  #updates(
    loss: Tensor,
    wanted: Tensor,
    { next = [], drawn = [], recovery }: BatchLoss,
  ): { ok: Tensor; updates: readonly Update[] } {
    this.#state.zeroGrad(); // what someone else left there
    try {
      backward(loss);
      return noGrad(() => {
        // Gradients are judged by what they make of the parameters, and so are rates, momentum and what was loaded.
        const [first, ...others] = [...this.#state.updates(wanted), ...next].map(([, value]) => value);
        const ok = first ? wanted.logicalAnd(first.allFinite(others)) : wanted;
        const stepped = this.#state.updates(ok);
        const own = next.map(([target, value]): Update => [target, ok.where(value, target)]);
        return { ok, updates: [...(recovery ? this.#recover(stepped, ok, recovery) : stepped), ...own, ...drawn] };
      });
    } finally {
      this.#state.zeroGrad();
    }
  }

  /** Throws DisposedError after `dispose()`: what the model holds then is not what was learnt. */
  #checkUse(): void {
    if (this.#hold) return;
    const help = "make it anew; state() and exportModel() come before dispose()";
    throw new DisposedError(`${this.name} was disposed, or never took its model over`, help);
  }

  /** `updates`, or where `when` holds the initial parameters. */
  #recover(updates: readonly Update[], ok: Tensor, { when, optimizers }: Recovery): Update[] {
    const due = ok.logicalAnd(when);
    return updates.map(([target, value]) => {
      const start = this.#state.start(target) ?? (optimizers ? 0 : value);
      return [target, due.where(start, value)];
    });
  }

  /** Terms measured after the update; `after` gives the value that a tensor will have then. */
  protected extraTerms(_after: (live: Tensor) => Tensor): StepTerms {
    return {};
  }

  /**
   * The answer for `images` `[B, channels, H, W]` by the model as it is now, without learning from them: what every
   * method returns is the model's own logits `[B, C]`, in the norm mode of its adaptation. The caller disposes it.
   * Throws as `step` does.
   */
  predict(images: Tensor): Tensor {
    this.#checkUse();
    checkImages(this.name, images);
    return noGrad(() => scope(() => this.answer(images)));
  }

  /**
   * The model as it answers now, by PyTorch's key names: for `saveTensors`, `model.loadStateDict` and `Source`. Batch norms
   * that use the statistics of each batch take theirs from `batches` of the stream. The caller disposes it. Throws
   * ConfigError where these are missing, DisposedError.
   */
  exportModel(batches: Iterable<Tensor> = []): Map<string, Tensor> {
    this.#checkUse();
    return standaloneState(this.model, batches);
  }

  /** Everything as it was when the method was made: model, predictor, optimisers, averages, rates. Forgets the history. */
  reset(): void {
    this.#checkUse();
    this.#state.reset();
  }

  /**
   * Everything that adaptation changes, by name: `model.…`, `predictor.…`, the method's own averages and counters,
   * `optimizer.…` and `rateScale`. The live tensors, not copies.
   */
  state(): Map<string, Tensor> {
    this.#checkUse();
    return this.#state.all();
  }

  /** Takes over a saved state, all or none. Throws CheckpointError when a key is missing or does not fit, OutOfMemoryError. */
  loadState(saved: ReadonlyMap<string, Tensor>): void {
    this.#checkUse();
    this.#state.load(this.name, saved);
  }

  /** Steps that `rollback` can take back at most. */
  get history(): number {
    return this.#state.history;
  }

  /** Steps that `rollback` can take back now. */
  get remembered(): number {
    return this.#state.remembered;
  }

  /** Takes the last `steps` steps back; the rates stay as they are. Throws ConfigError for more than are `remembered`. */
  rollback(steps: number): void {
    this.#checkUse();
    this.#state.rollback(steps);
  }

  /** Multiplies all rates by `factor`, until `reset()`: what a collapse guard does. Throws ConfigError. */
  scaleRates(factor: number): void {
    this.#checkUse();
    this.#state.scaleRates(this.name, factor);
  }

  /**
   * Gives the model back as it was before, parameters and modes, and frees all else: `exportModel` first what is to be
   * kept. Another method can have the model then; this one throws DisposedError. Twice does nothing.
   */
  dispose(): void {
    this.#state.dispose();
    this.#hold?.release();
    this.#hold = null;
    disposeResult(this.#last);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function disposeResult(result: StepResult | null): void {
  result?.logits.dispose();
  result?.metrics.dispose();
}

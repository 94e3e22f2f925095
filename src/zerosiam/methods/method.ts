// What all test-time adaptation methods share: a step, which bad batches cannot harm, and the way back.
import type { Classifier, Optimizer, Parameter, Update } from "../../nn/index.js";
import {
  backward,
  ConfigError,
  DTypeError,
  full,
  keep,
  noGrad,
  ShapeError,
  scope,
  type Tensor,
} from "../../tensor/index.js";
import type { BatchLoss, Recovery } from "./batchLoss.js";
import { StepMetrics, type StepTerms } from "./metrics.js";
import { MethodState } from "./state.js";

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
  #last: StepResult | null = null;

  /** Throws ConfigError unless `steps` is a positive integer and `history` an integer ≥ 0. */
  constructor(model: Classifier, { steps = 1, episodic = false, history = 0 }: StepOptions = {}) {
    if (!Number.isSafeInteger(steps) || steps < 1)
      throw new ConfigError(`Method: steps is ${steps}`, "use an integer ≥ 1");
    this.model = model;
    this.#steps = steps;
    this.#episodic = episodic;
    this.#noted = history > 0 || episodic || steps > 1;
    this.#state = new MethodState(history);
  }

  /** The logits of a batch, and the loss to descend: in which one method differs from another. */
  protected abstract computeLoss(images: Tensor): BatchLoss;

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
   * do not fit the model, DTypeError unless they are f32, DisposedError; then nothing has changed.
   */
  step(images: Tensor): StepResult {
    if (images.rank !== 4 || images.size === 0) {
      throw new ShapeError(`${this.name}: images are ${images}`, "pass a batch [B, channels, H, W] with B ≥ 1");
    }
    if (images.dtype !== "f32")
      throw new DTypeError(`${this.name}: images are ${images}`, 'cast("f32") and normalise them');
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
    disposeResult(this.#last);
    this.#last = result as StepResult;
    return this.#last;
  }

  /** One forward and backward pass, and the update, after `earlier` ones; the outcome is kept out of every scope. */
  #pass(images: Tensor, earlier: StepResult | null): StepResult {
    return scope(() => {
      const imagesFinite = noGrad(() => full([], 1, { dtype: "bool", device: images.device }).andFinite(images));
      const { logits, learn, next = [], drawn = [], recovery, ...terms } = this.computeLoss(images);
      let ok = learn ? imagesFinite.logicalAnd(learn) : imagesFinite;
      if (terms.loss) {
        this.#state.zeroGrad(); // what someone else left there
        try {
          backward(terms.loss);
          for (const gradient of this.#state.gradients()) ok = ok.andFinite(gradient);
          const updates = noGrad(() => {
            const stepped = this.#state.updates(ok);
            const own = next.map(([target, value]): Update => [target, ok.where(value, target)]);
            return [...(recovery ? this.#recover(stepped, ok, recovery) : stepped), ...own, ...drawn];
          });
          for (const [target, value] of updates) target.assign(value); // all computed: all change, or an error and none
        } finally {
          this.#state.zeroGrad();
        }
      }
      const metrics = noGrad(() => {
        const updated = earlier ? ok.logicalOr(earlier.metrics.updated) : ok;
        return new StepMetrics(this.name, { ...this.extraTerms(), ...terms }, imagesFinite, updated);
      });
      return { logits: keep(logits.detach()), metrics: metrics.keep() };
    });
  }

  /** `updates`, or where `when` holds the initial parameters. */
  #recover(updates: readonly Update[], ok: Tensor, { when, optimizers }: Recovery): Update[] {
    const due = ok.logicalAnd(when);
    return updates.map(([target, value]) => {
      const start = this.#state.start(target) ?? (optimizers ? 0 : value);
      return [target, due.where(start, value)];
    });
  }

  /** Terms measured after the update. */
  protected extraTerms(): StepTerms {
    return {};
  }

  /**
   * The answer for `images` `[B, channels, H, W]` by the model as it is now, without learning from them: what every
   * method returns is the model's own logits `[B, C]`, in the norm mode of its adaptation. The caller disposes it.
   */
  predict(images: Tensor): Tensor {
    return noGrad(() => scope(() => this.model.forward(images)));
  }

  /** Everything as it was when the method was made: model, predictor, optimisers, averages, rates. Forgets the history. */
  reset(): void {
    this.#state.reset();
  }

  /**
   * Everything that adaptation changes, by name: `model.…`, `predictor.…`, the method's own averages and counters,
   * `optimizer.…` and `rateScale`. The live tensors, not copies.
   */
  state(): Map<string, Tensor> {
    return this.#state.all();
  }

  /** Takes over a saved state, all or none. Throws CheckpointError when a key is missing or does not fit. */
  loadState(saved: ReadonlyMap<string, Tensor>): void {
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
    this.#state.rollback(steps);
  }

  /** Multiplies all rates by `factor`, until `reset()`: what a collapse guard does. Throws ConfigError. */
  scaleRates(factor: number): void {
    this.#state.scaleRates(this.name, factor);
  }

  /** Frees what the method holds beside the model. */
  dispose(): void {
    this.#state.dispose();
    disposeResult(this.#last);
  }
}

function disposeResult(result: StepResult | null): void {
  result?.logits.dispose();
  result?.metrics.dispose();
}

// What all test-time adaptation methods share: configure a model, step, reset, state.
import { assignState, type Classifier, type Optimizer, type Parameter } from "../../nn/index.js";
import { backward, DTypeError, full, keep, noGrad, ShapeError, scope, type Tensor } from "../../tensor/index.js";
import { StepMetrics, type StepTerms } from "./metrics.js";

/** What a method computes on a batch: the answer it returns, and the loss it descends (none: no update). */
export interface Objective extends StepTerms {
  /** `[B, C]`, computed before the update. */
  readonly logits: Tensor;
}

/** The outcome of a step. Both live until the method's next step: `keep()` the logits to hold them longer. */
export interface StepResult {
  readonly logits: Tensor;
  readonly metrics: StepMetrics;
}

/** Test-time adaptation of a classifier, a batch at a time. */
export abstract class Method {
  abstract readonly name: string;
  readonly model: Classifier;
  readonly #initial = new Map<string, { live: Tensor; value: Tensor }>();
  readonly #optimizers = new Map<string, Optimizer>();
  #last: StepResult | null = null;

  constructor(model: Classifier) {
    this.model = model;
  }

  /** The logits of a batch and the loss to descend. */
  protected abstract objective(images: Tensor): Objective;

  /** Registers parameters that adapt, under a prefix of the state's keys. Remembers their values for `reset()`. */
  protected adapt(prefix: string, parameters: ReadonlyMap<string, Parameter>, optimizer: Optimizer): void {
    this.#optimizers.set(prefix, optimizer);
    for (const [name, live] of parameters) {
      this.#initial.set(`${prefix}.${name}`, { live, value: keep(live.detach()) });
    }
  }

  /**
   * Adapts on `images` `[B, channels, H, W]` and returns their logits as they were before the update. Only encodes work:
   * await `logits.data()` or `metrics.read()`. A batch whose gradient is not finite leaves model and optimiser as they
   * were, and its metrics say so. Throws ShapeError for an empty batch or images that do not fit the model,
   * DTypeError unless they are f32, DisposedError; then nothing has changed.
   */
  step(images: Tensor): StepResult {
    if (images.rank !== 4 || images.size === 0) {
      throw new ShapeError(`${this.name}: images are ${images}`, "pass a batch [B, channels, H, W] with B ≥ 1");
    }
    if (images.dtype !== "f32")
      throw new DTypeError(`${this.name}: images are ${images}`, 'cast("f32") and normalise them');
    const result = scope(() => {
      const { logits, metrics } = this.#step(images);
      return { logits: keep(logits), metrics: metrics.keep() };
    });
    this.#last?.logits.dispose();
    this.#last?.metrics.dispose();
    this.#last = result;
    return result;
  }

  /**
   * The answer for `images` `[B, channels, H, W]` by the model as it is now, without learning from them: what every
   * method returns is the model's own logits `[B, C]`, in the norm mode of its adaptation. The caller disposes it.
   */
  predict(images: Tensor): Tensor {
    return noGrad(() => scope(() => this.model.forward(images)));
  }

  #step(images: Tensor): StepResult {
    const imagesFinite = noGrad(() => full([], 1, { dtype: "bool", device: images.device }).andFinite(images));
    const { logits, ...terms } = this.objective(images);
    let finite = imagesFinite;
    if (terms.loss) {
      this.#zeroGrad(); // what someone else left there
      try {
        backward(terms.loss);
        for (const { live } of this.#initial.values()) if (live.grad) finite = finite.andFinite(live.grad);
        noGrad(() => {
          const updates = [...this.#optimizers.values()].flatMap((optimizer) => optimizer.updates(finite));
          for (const [target, value] of updates) target.assign(value); // all computed: all change, or an error and none
        });
      } finally {
        this.#zeroGrad();
      }
    }
    return {
      logits: logits.detach(),
      metrics: new StepMetrics(this.name, { ...this.extraTerms(), ...terms }, imagesFinite, finite),
    };
  }

  #zeroGrad(): void {
    for (const optimizer of this.#optimizers.values()) optimizer.zeroGrad();
  }

  /** Terms measured after the update. */
  protected extraTerms(): StepTerms {
    return {};
  }

  /** Model, predictor and optimisers as they were when the method was made. */
  reset(): void {
    for (const { live, value } of this.#initial.values()) live.assign(value);
    for (const optimizer of this.#optimizers.values()) optimizer.reset();
  }

  /** Everything that adaptation changes, by name: `model.…`, `predictor.…` and `optimizer.…`. The live tensors, not copies. */
  state(): Map<string, Tensor> {
    const state = new Map([...this.#initial].map(([name, { live }]): [string, Tensor] => [name, live]));
    for (const [prefix, optimizer] of this.#optimizers) {
      for (const [name, value] of optimizer.state()) state.set(`optimizer.${prefix}.${name}`, value);
    }
    return state;
  }

  /** Takes over a saved state, all or none. Throws CheckpointError when a key is missing or does not fit. */
  loadState(saved: ReadonlyMap<string, Tensor>): void {
    assignState(this.name, this.state(), saved);
  }

  /** Frees what the method holds beside the model. */
  dispose(): void {
    for (const { value } of this.#initial.values()) value.dispose();
    for (const optimizer of this.#optimizers.values()) optimizer.dispose();
    this.#last?.logits.dispose();
    this.#last?.metrics.dispose();
  }
}

// Adam (Kingma & Ba 2015) and AdamW (Loshchilov & Hutter 2019).
import { formatValue } from "../../tensor/arguments.js";
import { ConfigError, type Tensor, zeros } from "../../tensor/index.js";
import { checkOptions } from "../../tensor/options.js";
import type { Parameter } from "../parameter.js";
import { whole } from "../whole.js";
import { Optimizer, type Parameters, type Update } from "./optimizer.js";

/** Rates and decays of Adam and AdamW. */
export interface AdamOptions {
  /** The rate. */
  lr: number;
  /** Decay of the first and second moment; default [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Default 1e-8. */
  eps?: number;
  /** Adam: added to the gradient; AdamW: taken from the parameter directly. Default 0 (AdamW 0.01). */
  weightDecay?: number;
}

const OPTIONS: readonly (keyof AdamOptions)[] = ["lr", "betas", "eps", "weightDecay"];

/**
 * m ← β₁ m + (1 − β₁) g;  v ← β₂ v + (1 − β₂) g²;  p ← p − lr · m̂ / (√v̂ + ε), with bias-corrected m̂ and v̂. Each
 * parameter counts the steps in which it had a gradient, as in PyTorch.
 */
export class Adam extends Optimizer {
  readonly #rule: { beta1: number; beta2: number; eps: number; weightDecay: number; decoupled: boolean };
  /** What this step adds to a count: 1, or 0 where it is refused. */
  #one: Tensor | null = null;
  /** The next count by the memory of the one before: parameters that have always stepped together share it. */
  readonly #counted = new Map<Tensor["storage"], Tensor>();

  constructor(parameters: Parameters, options: AdamOptions, decoupled = false) {
    checkOptions(decoupled ? "AdamW" : "Adam", options, OPTIONS);
    const { lr, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0 } = options;
    if (!Array.isArray(betas) || betas.length !== 2) {
      throw new ConfigError(`Adam: betas is ${formatValue(betas)}`, "pass two numbers: [0.9, 0.999]");
    }
    const [beta1, beta2] = betas;
    if (beta1 >= 1 || beta2 >= 1) throw new ConfigError(`Adam: betas are ${beta1}, ${beta2}`, "they must be below 1");
    super(parameters, { lr, beta1, beta2, eps, weightDecay }, ["expAvg", "expAvgSq"]);
    this.#rule = { beta1, beta2, eps, weightDecay, decoupled };
    whole((own) => {
      own(this);
      for (const name of this.parameters.keys()) this.addState(`${name}.step`, zeros([], { device: this.device }));
    });
    this.#shareCounts();
  }

  override updates(ok: Tensor): Update[] {
    this.#one = ok.cast("f32");
    this.#counted.clear();
    return super.updates(ok);
  }

  protected override update(name: string, parameter: Parameter, gradient: Tensor, ok: Tensor): Update[] {
    const [first, second, count] = ["expAvg", "expAvgSq", "step"].map((slot) => this.slot(name, slot));
    const next = this.#counted.get(count.storage) ?? count.add(this.#one as Tensor);
    this.#counted.set(count.storage, next);
    const [p, m, v] = parameter.adamStep(gradient, first, second, this.lrTensor, next, ok, this.#rule);
    return [
      [parameter, p],
      [first, m],
      [second, v],
      [count, next],
    ];
  }

  override reset(): void {
    super.reset();
    this.#shareCounts();
  }

  /** Until version 0.2 one count stood for all parameters, under the name `step`. */
  override currentNames(saved: ReadonlyMap<string, Tensor>, prefix = ""): ReadonlyMap<string, Tensor> {
    const count = saved.get(`${prefix}step`);
    if (!count) return saved;
    const renamed = new Map(saved);
    renamed.delete(`${prefix}step`);
    for (const name of this.parameters.keys()) renamed.set(`${prefix}${name}.step`, count);
    return renamed;
  }

  /** Gives counts that are equal the same memory. */
  #shareCounts(): void {
    const [first, ...others] = [...this.parameters.keys()].map((name) => this.slot(name, "step"));
    for (const count of others) count.assign(first);
  }
}

/** Adam with weight decay decoupled from the gradient. */
export class AdamW extends Adam {
  constructor(parameters: Parameters, options: AdamOptions) {
    checkOptions("AdamW", options, OPTIONS);
    super(parameters, { ...options, weightDecay: options.weightDecay ?? 0.01 }, true);
  }
}

// Adam (Kingma & Ba 2015) and AdamW (Loshchilov & Hutter 2019).

import { formatValue } from "../../tensor/arguments.js";
import { ConfigError, type Tensor, tensor } from "../../tensor/index.js";
import { checkOptions } from "../../tensor/options.js";
import type { Parameter } from "../parameter.js";
import { Optimizer, type Parameters, type Update } from "./optimizer.js";

/** Rates and decays of Adam and AdamW. */
export interface AdamOptions {
  lr: number;
  /** Decay of the first and second moment; default [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Default 1e-8. */
  eps?: number;
  /** Adam: added to the gradient; AdamW: taken from the parameter directly. Default 0 (AdamW 0.01). */
  weightDecay?: number;
}

const OPTIONS: readonly (keyof AdamOptions)[] = ["lr", "betas", "eps", "weightDecay"];

/** m ← β₁ m + (1 − β₁) g;  v ← β₂ v + (1 − β₂) g²;  p ← p − lr · m̂ / (√v̂ + ε), with bias-corrected m̂ and v̂. */
export class Adam extends Optimizer {
  readonly #rule: { beta1: number; beta2: number; eps: number; weightDecay: number; decoupled: boolean };

  /** Number of the step whose updates are being computed. */
  #count: Tensor | null = null;

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
    this.addState("step", tensor(0));
  }

  override updates(ok: Tensor): Update[] {
    const count = this.state().get("step") as Tensor;
    this.#count = count.add(ok.cast("f32"));
    return [[count, this.#count], ...super.updates(ok)];
  }

  protected override update(name: string, parameter: Parameter, gradient: Tensor, ok: Tensor): Update[] {
    const first = this.slot(name, "expAvg");
    const second = this.slot(name, "expAvgSq");
    const count = this.#count as Tensor;
    const [p, m, v] = parameter.adamStep(gradient, first, second, this.lrTensor, count, ok, this.#rule);
    return [
      [parameter, p],
      [first, m],
      [second, v],
    ];
  }
}

/** Adam with weight decay decoupled from the gradient. */
export class AdamW extends Adam {
  constructor(parameters: Parameters, options: AdamOptions) {
    checkOptions("AdamW", options, OPTIONS);
    super(parameters, { ...options, weightDecay: options.weightDecay ?? 0.01 }, true);
  }
}

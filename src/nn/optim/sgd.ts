// Stochastic gradient descent with momentum, by PyTorch's rule.
import { checkFlag } from "../../tensor/arguments.js";
import { ConfigError, type Tensor } from "../../tensor/index.js";
import { checkOptions } from "../../tensor/options.js";
import type { Parameter } from "../parameter.js";
import { Optimizer, type Parameters, type Update } from "./optimizer.js";

/** Rate, momentum and decay of SGD. */
export interface SGDOptions {
  /** The rate. */
  lr: number;
  /** Default 0. */
  momentum?: number;
  /** Nesterov's look-ahead; default false. */
  nesterov?: boolean;
  /** L2 penalty added to the gradient; default 0. */
  weightDecay?: number;
}

const OPTIONS: readonly (keyof SGDOptions)[] = ["lr", "momentum", "nesterov", "weightDecay"];

/** v ← μ v + g + λ p;  p ← p − lr v (with Nesterov: p − lr (g + λ p + μ v)). */
export class SGD extends Optimizer {
  readonly #rule: { momentum: number; nesterov: boolean; weightDecay: number };

  constructor(parameters: Parameters, options: SGDOptions) {
    checkOptions("SGD", options, OPTIONS);
    const { lr, momentum = 0, nesterov = false, weightDecay = 0 } = options;
    checkFlag("SGD", "nesterov", nesterov);
    if (nesterov && momentum === 0) throw new ConfigError("SGD: nesterov without momentum", "give a momentum above 0");
    super(parameters, { lr, momentum, weightDecay }, ["momentum"]);
    this.#rule = { momentum, nesterov, weightDecay };
  }

  protected override update(name: string, parameter: Parameter, gradient: Tensor, ok: Tensor): Update[] {
    const velocity = this.slot(name, "momentum");
    const [p, v] = parameter.sgdStep(gradient, velocity, this.lrTensor, ok, this.#rule);
    return [
      [parameter, p],
      [velocity, v],
    ];
  }
}

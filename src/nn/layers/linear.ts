// Linear: x Wᵀ + b.
import { checkFlag } from "../../tensor/arguments.js";
import { checkTensor } from "../../tensor/checkTensor.js";
import { type Rng, scope, type Tensor } from "../../tensor/index.js";
import { checkOptions } from "../../tensor/options.js";
import { currentRng, kaimingUniform, uniform } from "../init.js";
import { Module } from "../module.js";
import { Parameter } from "../parameter.js";
import { checkSizes } from "./groups.js";

/** Whether there is a bias, and how weights begin. */
export interface LinearOptions {
  /** Default true. */
  bias?: boolean;
  /** Draws the first weights; default: the generator that `manualSeed` seeds. */
  rng?: Rng;
}

const OPTIONS: readonly (keyof LinearOptions)[] = ["bias", "rng"];

/** A fully connected layer: `[..., inFeatures]` to `[..., outFeatures]`; weight `[outFeatures, inFeatures]`. Throws ConfigError for unknown options. */
export class Linear extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter | null;

  constructor(
    readonly inFeatures: number,
    readonly outFeatures: number,
    options: LinearOptions = {},
  ) {
    checkOptions("Linear", options, OPTIONS);
    checkSizes("Linear", { inFeatures, outFeatures });
    const { bias = true, rng = currentRng() } = options;
    checkFlag("Linear", "bias", bias);
    super();
    const [weights, biases] = scope(() => [
      kaimingUniform([outFeatures, inFeatures], Math.sqrt(5), rng),
      bias ? uniform([outFeatures], 1 / Math.sqrt(inFeatures), rng) : null,
    ]);
    this.weight = new Parameter(weights as Tensor);
    this.bias = biases && new Parameter(biases);
  }

  forward(x: Tensor): Tensor {
    return checkTensor("Linear", "x", x).linear(this.weight, this.bias);
  }
}

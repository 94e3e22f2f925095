// Linear: x Wᵀ + b.
import type { Rng, Tensor } from "../../tensor/index.js";
import { currentRng, kaimingUniform, uniform } from "../init.js";
import { Module } from "../module.js";
import { Parameter } from "../parameter.js";

export interface LinearOptions {
  /** Default true. */
  bias?: boolean;
  rng?: Rng;
}

/** A fully connected layer: `[..., inFeatures]` to `[..., outFeatures]`; weight `[outFeatures, inFeatures]`. */
export class Linear extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter | null;

  constructor(
    readonly inFeatures: number,
    readonly outFeatures: number,
    { bias = true, rng = currentRng() }: LinearOptions = {},
  ) {
    super();
    this.weight = new Parameter(kaimingUniform([outFeatures, inFeatures], Math.sqrt(5), rng));
    this.bias = bias ? new Parameter(uniform([outFeatures], 1 / Math.sqrt(inFeatures), rng)) : null;
  }

  forward(x: Tensor): Tensor {
    return x.linear(this.weight, this.bias);
  }
}

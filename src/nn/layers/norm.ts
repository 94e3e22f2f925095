// Normalisation layers: the parameters that test-time adaptation learns.
import { checkFlag, checkNumber } from "../../tensor/arguments.js";
import { checkTensor } from "../../tensor/checkTensor.js";
import { ones, scope, type Tensor, zeros } from "../../tensor/index.js";
import { checkOptions } from "../../tensor/options.js";
import { Module } from "../module.js";
import { Parameter } from "../parameter.js";
import { checkGroups, checkSizes } from "./groups.js";

/** What every norm takes. */
export interface NormOptions {
  /** Added to the variance; default 1e-5. */
  eps?: number;
  /** Learn a weight and a bias; default true. */
  affine?: boolean;
}

export const NORM_OPTIONS: readonly (keyof NormOptions)[] = ["eps", "affine"];

/** What every normalisation layer has: an affine map, adapted at test time. */
export abstract class Norm extends Module {
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;
  readonly eps: number;

  constructor(size: number, { eps = 1e-5, affine = true }: NormOptions) {
    const owner = new.target.name;
    checkSizes(owner, { size });
    checkNumber(owner, "eps", eps, 0);
    checkFlag(owner, "affine", affine);
    super();
    const [weight, bias] = affine ? scope(() => [ones([size]), zeros([size])]) : [];
    this.weight = weight ? new Parameter(weight) : null;
    this.bias = bias ? new Parameter(bias) : null;
    this.eps = eps;
  }
}

/** Wu & He 2018: normalises each sample over groups of channels. `[B, C, ...]`. */
export class GroupNorm extends Norm {
  constructor(
    readonly numGroups: number,
    numChannels: number,
    options: NormOptions = {},
  ) {
    checkOptions("GroupNorm", options, NORM_OPTIONS);
    checkGroups("GroupNorm", numGroups, numChannels);
    super(numChannels, options);
  }

  forward(x: Tensor): Tensor {
    checkTensor("GroupNorm", "x", x);
    return scope(() => x.groupNorm(this.weight, this.bias, { groups: this.numGroups, eps: this.eps })[0]);
  }
}

/** Ba et al. 2016: normalises the last dimension. `[..., size]`. */
export class LayerNorm extends Norm {
  constructor(size: number, options: NormOptions = {}) {
    checkOptions("LayerNorm", options, NORM_OPTIONS);
    super(size, options);
  }

  forward(x: Tensor): Tensor {
    checkTensor("LayerNorm", "x", x);
    return scope(() => x.layerNorm(this.weight, this.bias, { eps: this.eps })[0]);
  }
}

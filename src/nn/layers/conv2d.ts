// Conv2d: cross-correlation over the last two dimensions.
import { checkFlag } from "../../tensor/arguments.js";
import { checkTensor } from "../../tensor/checkTensor.js";
import { type Rng, scope, type Tensor } from "../../tensor/index.js";
import { checkOptions } from "../../tensor/options.js";
import { currentRng, kaimingUniform, uniform } from "../init.js";
import { Module } from "../module.js";
import { Parameter } from "../parameter.js";
import { checkGroups, checkSizes } from "./groups.js";

/** How the filters move, and how they begin. */
export interface Conv2dOptions {
  /** Default 1. */
  stride?: number;
  /** Zeros added on every side; default 0. */
  padding?: number;
  /** Default 1. */
  dilation?: number;
  /** Default 1; equal to the channels for a depthwise convolution. */
  groups?: number;
  /** Default true. */
  bias?: boolean;
  /** Draws the first weights; default: the generator that `manualSeed` seeds. */
  rng?: Rng;
}

const OPTIONS: readonly (keyof Conv2dOptions)[] = ["stride", "padding", "dilation", "groups", "bias", "rng"];

/** `[B, inChannels, H, W]` to `[B, outChannels, H', W']`; weight `[outChannels, inChannels / groups, k, k]`. Throws ConfigError unless sizes are integers and the groups divide both, and for unknown options. */
export class Conv2d extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter | null;
  readonly #geometry: { stride: number; padding: number; dilation: number; groups: number };

  constructor(inChannels: number, outChannels: number, kernelSize: number, options: Conv2dOptions = {}) {
    checkOptions("Conv2d", options, OPTIONS);
    const { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true, rng = currentRng() } = options;
    checkSizes("Conv2d", { inChannels, outChannels, kernelSize, stride, dilation });
    checkSizes("Conv2d", { padding }, 0);
    checkFlag("Conv2d", "bias", bias);
    checkGroups("Conv2d", groups, inChannels);
    checkGroups("Conv2d", groups, outChannels);
    super();
    const shape = [outChannels, inChannels / groups, kernelSize, kernelSize];
    const bound = 1 / Math.sqrt((inChannels / groups) * kernelSize * kernelSize);
    const [weights, biases] = scope(() => [
      kaimingUniform(shape, Math.sqrt(5), rng),
      bias ? uniform([outChannels], bound, rng) : null,
    ]);
    this.weight = new Parameter(weights as Tensor);
    this.bias = biases && new Parameter(biases);
    this.#geometry = { stride, padding, dilation, groups };
  }

  forward(x: Tensor): Tensor {
    return checkTensor("Conv2d", "x", x).conv2d(this.weight, this.bias, this.#geometry);
  }
}

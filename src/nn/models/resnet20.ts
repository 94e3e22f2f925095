// ResNet-20 for 32 × 32 images (He et al. 2016, section 4.2), with 0.27 million weights.
import { type Rng, ShapeError, type Tensor } from "../../tensor/index.js";
import { checkOptions } from "../../tensor/options.js";
import { BatchNorm2d } from "../layers/batchNorm.js";
import { Conv2d } from "../layers/conv2d.js";
import { Linear } from "../layers/linear.js";
import type { Norm } from "../layers/norm.js";
import { Module, Sequential } from "../module.js";
import { Classifier } from "./classifier.js";

/** What ResNet-20 is made of. */
export interface ResNet20Options {
  /** Makes each normalisation layer from its number of channels; default BatchNorm. Keys are `bn1`, `bn2` for any kind. */
  norm?: (channels: number) => Norm;
  /** Default 10. */
  numClasses?: number;
  /** Draws the first weights; default: the generator that `manualSeed` seeds. */
  rng?: Rng;
}

const OPTIONS: readonly (keyof ResNet20Options)[] = ["norm", "numClasses", "rng"];

type Make = Required<Pick<ResNet20Options, "norm">> & { rng?: Rng };

/** Colour images `[B, 3, 32, 32]` to logits. Keys are those of akamaster's pytorch_resnet_cifar10. */
export class ResNet20 extends Classifier {
  readonly numFeatures = 64;
  readonly numClasses: number;
  readonly conv1: Conv2d;
  readonly bn1: Norm;
  readonly layer1: Sequential;
  readonly layer2: Sequential;
  readonly layer3: Sequential;
  readonly linear: Linear;

  constructor(options: ResNet20Options = {}) {
    checkOptions("ResNet20", options, OPTIONS);
    super();
    const { norm = (channels) => new BatchNorm2d(channels), numClasses = 10, ...rng } = options;
    const make = { norm, ...rng };
    this.numClasses = numClasses;
    this.conv1 = conv3x3(3, 16, 1, make);
    this.bn1 = norm(16);
    this.layer1 = stage(16, 16, 1, make);
    this.layer2 = stage(16, 32, 2, make);
    this.layer3 = stage(32, 64, 2, make);
    this.linear = new Linear(64, numClasses, rng);
  }

  /** Throws ShapeError unless images are `[B, 3, 32, 32]`: larger ones would run, and give nonsense. */
  features(images: Tensor): Tensor {
    if (String(images.shape.slice(1)) !== "3,32,32") {
      throw new ShapeError(`ResNet20: images are ${images}`, "pass colour images [B, 3, 32, 32]");
    }
    let x = this.bn1.forward(this.conv1.forward(images)).relu();
    x = this.layer1.forward(x); // [B, 16, 32, 32]
    x = this.layer2.forward(x); // [B, 32, 16, 16]
    return this.layer3.forward(x).mean([2, 3]); // [B, 64, 8, 8] → [B, 64]
  }

  classify(features: Tensor): Tensor {
    return this.linear.forward(features);
  }
}

/** Three blocks; the first changes width and size. */
function stage(inChannels: number, channels: number, stride: number, make: Make): Sequential {
  const block = (width: number, step: number) => new BasicBlock(width, channels, step, make);
  return new Sequential(block(inChannels, stride), block(channels, 1), block(channels, 1));
}

function conv3x3(inChannels: number, channels: number, stride: number, { rng }: Make): Conv2d {
  return new Conv2d(inChannels, channels, 3, { stride, padding: 1, bias: false, ...(rng && { rng }) });
}

/** relu(bn2(conv2 relu(bn1(conv1 x))) + shortcut x). */
class BasicBlock extends Module {
  readonly conv1: Conv2d;
  readonly bn1: Norm;
  readonly conv2: Conv2d;
  readonly bn2: Norm;

  constructor(
    inChannels: number,
    private readonly channels: number,
    private readonly stride: number,
    make: Make,
  ) {
    super();
    this.conv1 = conv3x3(inChannels, channels, stride, make);
    this.bn1 = make.norm(channels);
    this.conv2 = conv3x3(channels, channels, 1, make);
    this.bn2 = make.norm(channels);
  }

  forward(x: Tensor): Tensor {
    const inner = this.bn1.forward(this.conv1.forward(x)).relu();
    return this.bn2.forward(this.conv2.forward(inner)).add(this.#shortcut(x)).relu();
  }

  /** The identity; where the shape changes, every second pixel with zeros for the new channels (option A: no weights). */
  #shortcut(x: Tensor): Tensor {
    if (this.stride === 1) return x;
    const added = (this.channels - x.shape[1]) / 2;
    const pixels = x.slice([null, null, [0, null, this.stride], [0, null, this.stride]]);
    return pixels.pad([
      [0, 0],
      [added, added],
      [0, 0],
      [0, 0],
    ]);
  }
}

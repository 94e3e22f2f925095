// The classifier of the demo: three convolutions with GroupNorm, 24 thousand weights.
import { type Rng, ShapeError, type Tensor } from "../../tensor/index.js";
import { checkOptions } from "../../tensor/options.js";
import { Conv2d } from "../layers/conv2d.js";
import { Linear } from "../layers/linear.js";
import { GroupNorm } from "../layers/norm.js";
import { Classifier } from "./classifier.js";

const POOL = [2, { stride: 2 }] as const;

/** Grey images `[B, 1, 28, 28]` to 10 logits. GroupNorm keeps no batch statistics, so it can adapt on one image at a time. */
export class DigitsNet extends Classifier {
  readonly numFeatures = 64;
  readonly numClasses = 10;
  readonly conv1: Conv2d;
  readonly norm1 = new GroupNorm(4, 16);
  readonly conv2: Conv2d;
  readonly norm2 = new GroupNorm(8, 32);
  readonly conv3: Conv2d;
  readonly norm3 = new GroupNorm(8, 64);
  readonly head: Linear;

  constructor(options: { rng?: Rng } = {}) {
    checkOptions("DigitsNet", options, ["rng"]);
    super();
    const same = { padding: 1, bias: false, ...options };
    this.conv1 = new Conv2d(1, 16, 3, same);
    this.conv2 = new Conv2d(16, 32, 3, same);
    this.conv3 = new Conv2d(32, 64, 3, same);
    this.head = new Linear(64, 10, options);
  }

  /** Throws ShapeError unless images are `[B, 1, 28, 28]`: any size would run, and give nonsense. */
  features(images: Tensor): Tensor {
    if (String(images.shape.slice(1)) !== "1,28,28") {
      throw new ShapeError(`DigitsNet: images are ${images}`, "pass grey images [B, 1, 28, 28]");
    }
    let x = this.norm1
      .forward(this.conv1.forward(images))
      .relu()
      .maxPool2d(...POOL)[0]; // [B, 16, 14, 14]
    x = this.norm2
      .forward(this.conv2.forward(x))
      .relu()
      .maxPool2d(...POOL)[0]; // [B, 32, 7, 7]
    return this.norm3.forward(this.conv3.forward(x)).relu().mean([2, 3]); // [B, 64]
  }

  classify(features: Tensor): Tensor {
    return this.head.forward(features);
  }
}

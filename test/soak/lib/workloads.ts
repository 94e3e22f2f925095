// What the soak runs: nets and methods that need many bind groups, each step awaited as in ordinary use.

import { GroupNorm, LayerNorm, Linear, Module, Sequential } from "../../../src/nn/index.js";
import { Classifier } from "../../../src/nn/models/classifier.js";
import { DigitsNet } from "../../../src/nn/models/digitsNet.js";
import { ResNet20 } from "../../../src/nn/models/resnet20.js";
import { Rng, type Tensor } from "../../../src/tensor/index.js";
import { type Method, Sar, Tent, ZeroSiam } from "../../../src/zerosiam/index.js";

/** A method on a net, and the images that each step shows it. */
export interface Workload {
  readonly method: Method;
  /** Of one image. */
  readonly shape: readonly [channels: number, height: number, width: number];
  /** Images in the next batch. */
  batch(): number;
}

const WIDTH = 16;

/** x + relu(W norm(x)). */
class Block extends Module {
  readonly norm = new LayerNorm(WIDTH);
  readonly linear: Linear;

  constructor(rng: Rng) {
    super();
    this.linear = new Linear(WIDTH, WIDTH, { rng });
  }

  forward(x: Tensor): Tensor {
    return x.add(this.linear.forward(this.norm.forward(x)).relu());
  }
}

/** A residual net of small blocks: little to compute, and two parameters a block that adapt. */
export class DeepNet extends Classifier {
  readonly numFeatures = WIDTH;
  readonly numClasses = 4;
  readonly blocks: Sequential;
  readonly head: Linear;

  constructor(depth: number, rng = new Rng(1)) {
    super();
    this.blocks = new Sequential(...Array.from({ length: depth }, () => new Block(rng)));
    this.head = new Linear(WIDTH, this.numClasses, { rng });
  }

  /** Images `[B, 1, 4, 4]` to features `[B, 16]`. */
  features(images: Tensor): Tensor {
    return this.blocks.forward(images.reshape([images.shape[0], WIDTH]));
  }

  classify(features: Tensor): Tensor {
    return this.head.forward(features);
  }
}

const RATES = { lr: 1e-4 };

/** By name; each makes its net anew. */
export const WORKLOADS = {
  /** Depth 60, an image at a time: more groups a step than any net of the package needs. */
  deep: (): Workload => ({ method: new Sar(new DeepNet(60), RATES), shape: [1, 4, 4], batch: () => 1 }),
  /** The net of CIFAR-10, two passes a step, an image at a time. */
  sar: (): Workload => {
    const model = new ResNet20({ norm: (channels) => new GroupNorm(8, channels), rng: new Rng(1) });
    return { method: new Sar(model, RATES), shape: [3, 32, 32], batch: () => 1 };
  },
  /** Batches of 1 to 64 images in no order, so that hardly a step finds the buffers of the last. */
  mixed: (): Workload => {
    const rng = new Rng(1);
    const method = new ZeroSiam(new DigitsNet({ rng }), { ...RATES, lrPredictor: RATES.lr });
    return { method, shape: [1, 28, 28], batch: () => 1 + rng.int(64) };
  },
  /** Many small tensors of many sizes: the mix of batches for the test suite. */
  small: (): Workload => {
    const rng = new Rng(1);
    return { method: new Tent(new DeepNet(12), RATES), shape: [1, 4, 4], batch: () => 1 + rng.int(64) };
  },
};

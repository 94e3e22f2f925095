// A model and data of one's own: small images of a bar, upright or level, at one of eight places; glare at an edge shifts them.
import { nn, Rng, type Tensor } from "zerosiam";

export const SIDE = 8;
export const CLASSES = 2 * SIDE;

/** Two convolutions with group norm, then a head. Fields are named as in PyTorch: they are the keys of the weights. */
export class BarsNet extends nn.Classifier {
  readonly numFeatures = 32;
  readonly numClasses = CLASSES;
  readonly conv1 = new nn.Conv2d(1, 16, 3, { padding: 1, bias: false });
  readonly norm1 = new nn.GroupNorm(4, 16);
  readonly conv2 = new nn.Conv2d(16, 32, SIDE, { bias: false });
  readonly norm2 = new nn.GroupNorm(4, 32);
  readonly fc = new nn.Linear(32, CLASSES);

  /** `[B, 1, 8, 8]` to `[B, 32]`. */
  features(images: Tensor): Tensor {
    const maps = this.norm1.forward(this.conv1.forward(images)).relu();
    return this.norm2.forward(this.conv2.forward(maps)).relu().reshape([-1, 32]);
  }

  classify(features: Tensor): Tensor {
    return this.fc.forward(features);
  }
}

export interface Bars {
  readonly images: Float32Array<ArrayBuffer>;
  readonly shape: readonly [number, 1, number, number];
  readonly labels: Int32Array<ArrayBuffer>;
}

/** `count` images in noise of deviation 0.3, with `glare` on the left edge of all. The same for the same seed. */
export function bars(count: number, seed: number, glare = 0): Bars {
  const rng = new Rng(seed);
  const labels = Int32Array.from({ length: count }, () => rng.int(CLASSES));
  const images = new Float32Array(count * SIDE * SIDE);
  for (const [i, label] of labels.entries()) {
    for (let at = 0; at < SIDE * SIDE; at++) {
      const place = label < SIDE ? at % SIDE : Math.floor(at / SIDE);
      const lit = (place === label % SIDE ? 1 : 0) + (at % SIDE === 0 ? glare : 0);
      images[i * SIDE * SIDE + at] = lit + 0.3 * rng.normal();
    }
  }
  return { images, shape: [count, 1, SIDE, SIDE], labels };
}

// What is attacked: each method on a net so small that a step is a matter of milliseconds.
import { BatchNorm2d, Classifier, LayerNorm, Linear, type Norm } from "../../../../src/nn/index.js";
import { Rng, type Tensor, type TypedArray, tensor } from "../../../../src/tensor/index.js";
import { createMethod, type Method, type MethodOptions } from "../../../../src/zerosiam/methods/index.js";

/** Features that know of places: DeYO lets no other net learn. */
export class SmallNet extends Classifier {
  readonly numFeatures = 8;
  readonly numClasses = 4;
  readonly linear: Linear;
  readonly norm = new LayerNorm(8);
  readonly head: Linear;

  /** Batch norm is what the method `norm` needs, and lets images answer for each other; group norm does not. */
  constructor(
    rng = new Rng(1),
    readonly first: Norm = new BatchNorm2d(3),
  ) {
    super();
    this.linear = new Linear(48, 8, { rng });
    this.head = new Linear(8, 4, { rng });
  }

  /** Images `[B, 3, 4, 4]` to features `[B, 8]`. */
  features(images: Tensor): Tensor {
    return this.norm.forward(this.linear.forward(this.first.forward(images).reshape([images.shape[0], 48])).relu());
  }

  classify(features: Tensor): Tensor {
    return this.head.forward(features);
  }
}

/** Filters that let every sample through whose answer depends on its patches. */
const OPEN = { margin: 10, dMargin: 2, deyoMargin: 10, plpd: 0, recoverBelow: 0 };

/** A method by name on a net of its own, the same at every call. */
export function subject(name: string, options: Partial<MethodOptions> = {}, net = new SmallNet()): Method {
  return createMethod(name, net, { ...OPEN, lr: 0.01, lrPredictor: 0.01, ...options });
}

/** The method's tensors, and its net's. */
export function disposeSubject(method: Method): void {
  method.dispose();
  method.model.dispose();
}

/** Pixels of `n` images. */
export function pixels(rng: Rng, n: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: n * 48 }, () => rng.normal());
}

export function images(values: Float32Array<ArrayBuffer>): Tensor {
  return tensor(values, [values.length / 48, 3, 4, 4]);
}

/** All values of a state by name: equal only bit for bit. */
export async function values(state: ReadonlyMap<string, Tensor>): Promise<Map<string, TypedArray>> {
  return new Map(await Promise.all([...state].map(async ([name, t]) => [name, await t.data()] as const)));
}

/** A state without DeYO's counter of random numbers, which moves on with every batch. */
export function withoutCounter<T>(state: ReadonlyMap<string, T>): Map<string, T> {
  return new Map([...state].filter(([name]) => name !== "deyo.key"));
}

/** Whether none is NaN or infinite. */
export function allFinite(state: ReadonlyMap<string, TypedArray>): boolean {
  return [...state.values()].every((array) => array.every(Number.isFinite));
}

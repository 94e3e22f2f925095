// A classifier in two parts, backbone and head: what test-time adaptation works on.
import type { Tensor } from "../../tensor/index.js";
import { Module } from "../module.js";

/** `forward` is `classify(features(x))`. */
export abstract class Classifier extends Module {
  /** Width d of the features. */
  abstract readonly numFeatures: number;
  /** Number of classes C. */
  abstract readonly numClasses: number;

  /** Images `[B, channels, H, W]` to pooled, normalised features `[B, d]`. */
  abstract features(images: Tensor): Tensor;

  /** Features `[B, d]` to logits `[B, C]`. */
  abstract classify(features: Tensor): Tensor;

  forward(images: Tensor): Tensor {
    return this.classify(this.features(images));
  }
}

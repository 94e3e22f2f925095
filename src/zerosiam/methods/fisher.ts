// The Fisher information of what adapts: EATA's measure of how much the clean data want each parameter where it is.

import { Hold } from "../../nn/hold.js";
import type { Classifier } from "../../nn/index.js";
import { checkBatches } from "../../nn/layers/statistics.js";
import { ConfigError, grad, noGrad, scope, type Tensor, zeros } from "../../tensor/index.js";
import { checkClassifier, checkImages, checkLogits } from "./checkModel.js";
import { configureNorms } from "./configure.js";

const OWNER = "fisherInformation";

/**
 * By parameter of the normalisation layers, g² averaged over `batches`, clean images `[B, channels, H, W]` each, with g
 * the gradient of the mean cross-entropy to the model's own labels (EATA, eq. 9). Each image counts the same: of batches
 * of n images, N in all and B in the largest, it is Σ (n g)² / (N B), for n g is the gradient of a sum; so a small last
 * batch, whose g scatters more, counts for its few images. g² grows as batches shrink: the authors' have 64 images. The
 * model is as it was afterwards. The caller disposes what it gets. Throws ConfigError for no batches, a model without
 * such layers or one that a method holds, ShapeError for logits that are not `[B, C]`.
 */
export function fisherInformation(model: Classifier, batches: Iterable<Tensor>): Map<string, Tensor> {
  checkClassifier(OWNER, model);
  checkBatches(OWNER, batches);
  const hold = new Hold({ name: OWNER }, model);
  try {
    return scope(() => averaged(model, batches));
  } finally {
    hold.release();
  }
}

function averaged(model: Classifier, batches: Iterable<Tensor>): Map<string, Tensor> {
  const norms = configureNorms(model);
  const parameters = [...norms.values()];
  const sums = parameters.map(({ shape, device }) => zeros(shape, { device }));
  let [images, largest] = [0, 0];
  for (const batch of batches) {
    checkImages(OWNER, batch);
    const n = batch.shape[0];
    scope(() => {
      const logits = checkLogits(OWNER, model.forward(batch), n, model);
      const labels = noGrad(() => logits.argmax(-1));
      const gradients = grad(logits.crossEntropy(labels), parameters);
      noGrad(() => {
        for (const [i, g] of gradients.entries()) sums[i].assign(sums[i].add(g.mul(n).square()));
      });
    });
    images += n;
    largest = Math.max(largest, n);
  }
  if (images === 0) throw new ConfigError(`${OWNER}: no batches`, "pass batches of clean images");
  return new Map([...norms.keys()].map((name, i) => [name, sums[i].div(images * largest)]));
}

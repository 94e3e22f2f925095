// The Fisher information of what adapts: EATA's measure of how much the clean data want each parameter where it is.
import type { Classifier } from "../../nn/index.js";
import { ConfigError, grad, noGrad, scope, type Tensor, zeros } from "../../tensor/index.js";
import { configureNorms } from "./configure.js";

/**
 * By parameter of the normalisation layers, g² averaged over `batches`, clean images `[B, channels, H, W]` each, with g
 * the gradient of the mean cross-entropy to the model's own labels (EATA, eq. 9). Freezes all else of `model`, as EATA
 * does. The caller disposes what it gets. Throws ConfigError for no batches or a model without such layers.
 */
export function fisherInformation(model: Classifier, batches: Iterable<Tensor>): Map<string, Tensor> {
  const norms = configureNorms(model);
  const parameters = [...norms.values()];
  return scope(() => {
    const sums = parameters.map(({ shape }) => zeros(shape));
    let n = 0;
    for (const images of batches) {
      scope(() => {
        const logits = model.forward(images);
        const labels = noGrad(() => logits.argmax(-1));
        const gradients = grad(logits.crossEntropy(labels), parameters);
        noGrad(() => {
          for (const [i, g] of gradients.entries()) sums[i].assign(sums[i].add(g.square()));
        });
      });
      n++;
    }
    if (n === 0) throw new ConfigError("fisherInformation: no batches", "pass batches of clean images");
    return new Map([...norms.keys()].map((name, i) => [name, sums[i].div(n)]));
  });
}

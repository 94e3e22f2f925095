// The statistics of batch norms that took them from every batch: estimated, so that a model can stand alone.
import { formatValue } from "../../tensor/arguments.js";
import { ConfigError, noGrad, scope, Tensor } from "../../tensor/index.js";
import type { Module } from "../module.js";
import { BatchNorm2d } from "./batchNorm.js";

/**
 * Parameters and buffers of `model` as a source has them: the running statistics of batch norms that use those of each
 * batch are the means over `batches`, which `forward` is called with. Copies, the caller's; `model` stays as it is.
 * Throws ConfigError when there are such batch norms and no batches, ShapeError for a batch of one value a channel.
 */
export function standaloneState(model: Module, batches: Iterable<Tensor>): Map<string, Tensor> {
  checkBatches(model.constructor.name, batches);
  const norms = [...model.namedModules()].filter(
    (entry): entry is [string, BatchNorm2d] => entry[1] instanceof BatchNorm2d && entry[1].useBatchStatistics,
  );
  if (norms.length === 0) return copies(model.stateDict());
  const before = norms.map(([, norm]) => {
    const { training, momentum } = norm;
    return { norm, training, momentum, mean: norm.running_mean.detach(), variance: norm.running_var.detach() };
  });
  try {
    let n = 0;
    for (const batch of batches) {
      n++;
      for (const { norm } of before)
        Object.assign(norm, { training: true, useBatchStatistics: false, momentum: 1 / n });
      noGrad(() => scope(() => void model.forward(batch)));
    }
    if (n > 0) return copies(model.stateDict());
    throw new ConfigError(
      `${model.constructor.name}: ${norms.map(([path]) => path).join(", ")} normalise by the statistics of each batch, which no file holds`,
      "pass batches of the stream, which they are taken from: exportModel([images])",
    );
  } finally {
    for (const { norm, training, momentum, mean, variance } of before) {
      Object.assign(norm, { training, useBatchStatistics: true, momentum });
      norm.running_mean.assign(mean);
      norm.running_var.assign(variance);
      mean.dispose();
      variance.dispose();
    }
  }
}

function copies(state: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  return new Map([...state].map(([name, tensor]) => [name, tensor.detach()]));
}

/** Throws ConfigError unless `batches` can be gone through; a single tensor cannot. */
export function checkBatches(owner: string, batches: Iterable<Tensor>): void {
  if (!(batches instanceof Tensor) && typeof batches?.[Symbol.iterator] === "function") return;
  const help = "pass an array of batches, [B, channels, H, W] each";
  throw new ConfigError(`${owner}: batches is ${formatValue(batches)}`, help);
}

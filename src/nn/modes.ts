// The modes of a model: what its layers and parameters are told to do, beside their values.
import { BatchNorm2d } from "./layers/batchNorm.js";
import type { Module } from "./module.js";

/** Notes which layers train and use the statistics of each batch, and which parameters learn; what it returns puts that back. */
export function savedModes(model: Module): () => void {
  const layers = [...model.namedModules()].map(([, module]) => {
    const { training } = module;
    return { module, training, statistics: module instanceof BatchNorm2d && module.useBatchStatistics };
  });
  const parameters = model.parameters().map((parameter) => ({ parameter, learns: parameter.requiresGrad }));
  return () => {
    for (const { module, training, statistics } of layers) {
      module.training = training;
      if (module instanceof BatchNorm2d) module.useBatchStatistics = statistics;
    }
    for (const { parameter, learns } of parameters) parameter.setRequiresGrad(learns);
  };
}

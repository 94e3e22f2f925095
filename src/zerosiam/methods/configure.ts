// Preparing a model for adaptation: only the affine parameters of its normalisation layers learn.
import { BatchNorm2d, type Module, Norm, type Parameter } from "../../nn/index.js";
import { ConfigError } from "../../tensor/index.js";

/**
 * Freezes everything but the weights and biases of the normalisation layers, and makes batch norm use the statistics of
 * the batch (Tent, section 3.2). Returns what adapts, by name. Throws ConfigError when the model has no such layer;
 * then it is as it was.
 */
export function configureNorms(model: Module): Map<string, Parameter> {
  const norms = [...model.namedModules()].filter(([, module]) => module instanceof Norm);
  const adapted = new Map(norms.flatMap(([path, norm]) => [...norm.namedParameters(path)]));
  if (adapted.size === 0) {
    throw new ConfigError(
      "the model has no normalisation layer with affine parameters",
      "adaptation learns these: use a model with BatchNorm, GroupNorm or LayerNorm",
    );
  }
  model.eval().requiresGrad(false);
  for (const parameter of adapted.values()) parameter.setRequiresGrad(true);
  for (const [, norm] of norms) if (norm instanceof BatchNorm2d) norm.useBatchStatistics = true;
  return adapted;
}

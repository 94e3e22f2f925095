// Preparing a model for adaptation: only the affine parameters of its normalisation layers learn.
import { BatchNorm2d, type Module, Norm, type Parameter } from "../../nn/index.js";
import { ConfigError } from "../../tensor/index.js";

/**
 * Freezes everything but the weights and biases of the normalisation layers, and makes batch norm use the statistics of
 * the batch (Tent, section 3.2). Returns what adapts, by name. Throws ConfigError when the model has no such layer.
 */
export function configureNorms(model: Module): Map<string, Parameter> {
  model.eval().requiresGrad(false);
  const adapted = new Map<string, Parameter>();
  for (const [path, module] of model.namedModules()) {
    if (!(module instanceof Norm)) continue;
    if (module instanceof BatchNorm2d) module.useBatchStatistics = true;
    for (const [name, parameter] of module.namedParameters(path)) adapted.set(name, parameter.setRequiresGrad(true));
  }
  if (adapted.size === 0) {
    throw new ConfigError(
      "the model has no normalisation layer with affine parameters",
      "adaptation learns these: use a model with BatchNorm, GroupNorm or LayerNorm",
    );
  }
  return adapted;
}

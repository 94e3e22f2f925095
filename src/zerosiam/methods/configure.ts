// Preparing a model for adaptation: only the affine parameters of its normalisation layers learn.
import { Adam, BatchNorm2d, Module, Norm, type Optimizer, type Parameter, SGD } from "../../nn/index.js";
import { formatValue } from "../../tensor/arguments.js";
import { ConfigError } from "../../tensor/index.js";
import type { AdaptationOptions } from "./adaptationOptions.js";

/**
 * The last stage of ResNets, blocks 9 to 11 and the final norm of vision transformers: the layers that SAR finds fragile,
 * and which the authors of DeYO leave alone too.
 */
export const SAR_FROZEN = /(^|\.)layer4(\.|$)|(^|\.)blocks\.(9|10|11)(\.|$)|^norm$/;

/**
 * Freezes everything but the weights and biases of the normalisation layers, and makes batch norm use the statistics of
 * the batch (Tent, section 3.2). Layers whose path matches `frozen` do not learn either. Returns what adapts, by name.
 * Throws ConfigError when no such layer is left; then the model is as it was.
 */
export function configureNorms(model: Module, frozen: RegExp | null = null): Map<string, Parameter> {
  if (!(model instanceof Module) || (frozen !== null && !(frozen instanceof RegExp))) {
    const what = model instanceof Module ? `frozen is ${formatValue(frozen)}` : `the model is ${formatValue(model)}`;
    throw new ConfigError(`configureNorms: ${what}`, "pass a module, and a RegExp on module paths or null");
  }
  const norms = [...model.namedModules()].filter(([, module]) => module instanceof Norm);
  const learning = norms.filter(([path]) => frozen === null || path.search(frozen) < 0); // unlike test, without a memory
  const adapted = new Map(learning.flatMap(([path, norm]) => [...norm.namedParameters(path)]));
  if (adapted.size === 0) {
    throw new ConfigError(
      `the model has no normalisation layer with affine parameters${frozen ? ` beside those of ${frozen}` : ""}`,
      frozen
        ? "pass { frozen: null } to adapt these too"
        : "adaptation learns these: use a model with BatchNorm, GroupNorm or LayerNorm",
    );
  }
  model.eval().requiresGrad(false);
  for (const parameter of adapted.values()) parameter.setRequiresGrad(true);
  useBatchStatistics(model, true);
  return adapted;
}

/** Whether the model's batch norms use the statistics of each batch, or the running ones. */
export function useBatchStatistics(model: Module, value: boolean): void {
  for (const [, module] of model.namedModules()) if (module instanceof BatchNorm2d) module.useBatchStatistics = value;
}

/** The optimiser that `options` ask for. */
export function normOptimizer(
  parameters: ReadonlyMap<string, Parameter>,
  { lr, momentum = 0.9, optimizer = "sgd" }: AdaptationOptions,
): Optimizer {
  return optimizer === "adam" ? new Adam(parameters, { lr }) : new SGD(parameters, { lr, momentum });
}

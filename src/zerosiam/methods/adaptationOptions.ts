// The options that all methods which adapt have in common, and their checks.
import { Adam, type Classifier, checkRates, SGD } from "../../nn/index.js";
import { formatValue } from "../../tensor/arguments.js";
import { ConfigError } from "../../tensor/index.js";
import { checkName, checkOptions } from "../../tensor/options.js";
import { checkClassifier } from "./checkModel.js";
import type { StepOptions } from "./method.js";

/** How the normalisation layers learn: what all methods that adapt have in common. */
export interface AdaptationOptions extends StepOptions {
  /** Rate of the normalisation layers' weights and biases. */
  lr: number;
  /** Of SGD; default 0.9. */
  momentum?: number;
  /** Default "sgd". "adam", with β = 0.9 and 0.999, is Tent's recipe for CIFAR. */
  optimizer?: "sgd" | "adam";
  /** Layers that do not adapt, by module path, or null for none; default `SAR_FROZEN` for SAR, DeYO and COME on DeYO, else null. */
  frozen?: RegExp | null;
}

/** The names of AdaptationOptions. */
export const ADAPTATION_OPTIONS: readonly (keyof AdaptationOptions)[] = [
  "steps",
  "episodic",
  "history",
  "lr",
  "momentum",
  "optimizer",
  "frozen",
];

/**
 * Throws ConfigError for a model that is no classifier, option names that are not `known`, rates that are negative or not
 * finite, an unknown optimiser, or `frozen` that is no pattern.
 */
export function checkAdaptation(
  owner: string,
  model: Classifier,
  options: AdaptationOptions,
  known: readonly string[],
): void {
  checkClassifier(owner, model);
  checkOptions(owner, options, known);
  const { lr, momentum = 0.9, optimizer = "sgd", frozen = null } = options;
  if (frozen !== null && !(frozen instanceof RegExp)) {
    throw new ConfigError(
      `${owner}: frozen is ${formatValue(frozen)}`,
      "pass a RegExp on module paths, /^layer4/, or null",
    );
  }
  checkRates(owner, { lr, momentum });
  checkName(`${owner}: optimizer`, optimizer, { sgd: SGD, adam: Adam });
}

/** Throws ConfigError for weights, margins and other values that are negative or not finite. */
export function checkWeights(owner: string, weights: Readonly<Record<string, number>>): void {
  checkRates(owner, weights, "use a finite number ≥ 0");
}

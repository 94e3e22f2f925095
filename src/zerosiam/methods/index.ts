// The methods by name.
import type { Classifier } from "../../nn/index.js";
import { ConfigError } from "../../tensor/index.js";
import { ZeroSiam } from "../zerosiam.js";
import type { Method } from "./method.js";
import { Source } from "./source.js";
import { Tent } from "./tent.js";

export type { ZeroSiamOptions } from "../zerosiam.js";
export { configureNorms } from "./configure.js";
export { Method, type Objective, type StepResult } from "./method.js";
export { StepMetrics, type StepReport, type StepTerms } from "./metrics.js";
export type { TentOptions } from "./tent.js";
export { Source, Tent, ZeroSiam };

/** Settings of a method made by name; each takes what it knows. */
export interface MethodOptions {
  lr: number;
  lrPredictor?: number;
  alpha?: number;
  momentum?: number;
}

const METHOD_FACTORIES: Readonly<Record<string, (model: Classifier, options: MethodOptions) => Method>> = {
  source: (model) => new Source(model),
  tent: (model, options) => new Tent(model, options),
  zerosiam: (model, options) => new ZeroSiam(model, options),
};

/** The names that `createMethod` knows. */
export const METHODS: readonly string[] = Object.keys(METHOD_FACTORIES);

/** A method by name. Throws ConfigError for a name that is not in METHODS and for options the method refuses. */
export function createMethod(name: string, model: Classifier, options: MethodOptions): Method {
  const make = Object.hasOwn(METHOD_FACTORIES, name) ? METHOD_FACTORIES[name] : undefined;
  if (!make) throw new ConfigError(`unknown method ${JSON.stringify(name)}`, `choose one of ${METHODS.join(", ")}`);
  return make(model, options);
}

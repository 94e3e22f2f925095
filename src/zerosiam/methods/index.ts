// The methods by name.
import type { Classifier } from "../../nn/index.js";
import { formatValue } from "../../tensor/arguments.js";
import { ConfigError } from "../../tensor/index.js";
import { checkOptions } from "../../tensor/options.js";
import { ZeroSiam, type ZeroSiamOptions } from "../zerosiam.js";
import { ComeDeyo, ComeTent } from "./come.js";
import { Deyo, DeyoFilter, type DeyoOptions } from "./deyo.js";
import { Eata, EataFilter, type EataOptions } from "./eata.js";
import type { Method } from "./method.js";
import { NormStatistics } from "./norm.js";
import { Sar, type SarOptions } from "./sar.js";
import { Source } from "./source.js";
import { Tent, type TentOptions } from "./tent.js";

export type { ZeroSiamOptions } from "../zerosiam.js";
export type { AdaptationOptions } from "./adaptationOptions.js";
export type { BatchLoss, Recovery } from "./batchLoss.js";
export { configureNorms, SAR_FROZEN } from "./configure.js";
export type { DeyoFilterOptions, DeyoOptions } from "./deyo.js";
export type { EataFilterOptions, EataOptions } from "./eata.js";
export { fisherInformation } from "./fisher.js";
export { Method, type StepOptions, type StepResult } from "./method.js";
export type { SarOptions } from "./sar.js";
export type { SampleFilter, Selection } from "./selection.js";
export { StepMetrics, type StepNumbers, type StepReport, type StepTerms } from "./stepMetrics.js";
export type { TentOptions } from "./tent.js";
export type { MethodWarning } from "./warnings.js";
export { ComeDeyo, ComeTent, Deyo, DeyoFilter, Eata, EataFilter, NormStatistics, Sar, Source, Tent, ZeroSiam };

/** Settings of a method made by name; each takes what it knows, so that one object can serve several methods. */
export type MethodOptions = TentOptions &
  Partial<EataOptions & SarOptions & DeyoOptions & Omit<ZeroSiamOptions, "filter">>;

const METHOD_FACTORIES = {
  source: (model) => new Source(model),
  norm: (model) => new NormStatistics(model),
  tent: (model, options) => new Tent(model, only(Tent.options, options)),
  eata: (model, options) => new Eata(model, only(Eata.options, options)),
  sar: (model, options) => new Sar(model, only(Sar.options, options)),
  deyo: (model, options) => new Deyo(model, only(Deyo.options, options)),
  "come-tent": (model, options) => new ComeTent(model, only(ComeTent.options, options)),
  "come-deyo": (model, options) => new ComeDeyo(model, only(ComeDeyo.options, options)),
  zerosiam: (model, options) => new ZeroSiam(model, only(ZeroSiam.options, options)),
  "zerosiam-eata": (model, options) =>
    new ZeroSiam(model, { ...only(ZeroSiam.options, options), filter: new EataFilter(model, options) }),
  "zerosiam-deyo": (model, options) =>
    new ZeroSiam(model, { ...only(ZeroSiam.options, options), filter: new DeyoFilter(model, options) }),
} satisfies Record<string, (model: Classifier, options: MethodOptions) => Method>;

/** A method by name: editors offer those that there are, and any string may be tried. */
export type MethodName = keyof typeof METHOD_FACTORIES | (string & Record<never, never>);

/** Those of the options that a method knows. */
function only(known: readonly string[], options: MethodOptions): MethodOptions {
  return Object.fromEntries(
    Object.entries(options).filter(([name]) => known.includes(name)),
  ) as unknown as MethodOptions;
}

const KINDS = [Tent, Eata, Sar, Deyo, ZeroSiam];

/** What the options of `createMethod` may name: what some method knows. */
export const METHOD_OPTIONS: readonly string[] = Object.freeze(
  [...new Set<string>(KINDS.flatMap(({ options }) => options))].filter((name) => name !== "filter"), // comes with the method's name
);

/** The names that `createMethod` knows. */
export const METHODS: readonly string[] = Object.freeze(Object.keys(METHOD_FACTORIES));

/** A method by name. Throws ConfigError for a name that is not in METHODS, options that no method has or this one refuses. */
export function createMethod(name: MethodName, model: Classifier, options: MethodOptions): Method {
  const make = new Map(Object.entries(METHOD_FACTORIES)).get(name);
  if (!make) throw new ConfigError(`unknown method ${formatValue(name)}`, `choose one of ${METHODS.join(", ")}`);
  checkOptions(name, options, METHOD_OPTIONS);
  return make(model, options);
}

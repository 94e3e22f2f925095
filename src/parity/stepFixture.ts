// The json of a step fixture, and what it asks of a method.
import type { Tensor } from "../tensor/index.js";
import { checkOptions } from "../tensor/options.js";
import type { MethodOptions } from "../zerosiam/methods/index.js";
import type { FixtureTolerance } from "./compare.js";
import type { FixtureArch } from "./nets.js";
import {
  checkFields,
  checkFixtureFormat,
  either,
  isCount,
  isFlag,
  isNull,
  isNumber,
  isRecord,
  isText,
  isTolerance,
  listOf,
  recordOf,
} from "./schema.js";

export interface StepFixture {
  readonly config: string;
  readonly arch: FixtureArch;
  readonly steps: number;
  /** Patches along each side of an image, for DeYO. */
  readonly patch_len: number;
  /** All parameters of normalisation layers. */
  readonly norm_params: readonly string[];
  readonly runs: Readonly<Record<string, FixtureRun>>;
}

export interface FixtureRun {
  readonly method: string;
  readonly hyper: FixtureHyper;
  readonly uses_fisher: boolean;
  readonly adapted_params: readonly string[];
  readonly log: readonly StepLog[];
  readonly suggested_tol: { readonly step1: FixtureTolerance; readonly all_steps: FixtureTolerance };
}

interface FixtureHyper extends Pick<MethodOptions, "alpha" | "objective" | "divergence" | "predictor" | "optimizer"> {
  readonly lr: number;
  readonly momentum: number;
  readonly lr_predictor?: number;
  readonly margin?: number;
  readonly rho?: number;
  readonly reset?: number;
  readonly clean_reset?: boolean;
  readonly d_margin?: number;
  readonly fisher_alpha?: number;
  readonly deyo_margin?: number;
  readonly plpd?: number;
}

/** Each name of `hyper`, and our option of it. */
const HYPER: Readonly<Record<keyof FixtureHyper, keyof MethodOptions>> = {
  lr: "lr",
  momentum: "momentum",
  optimizer: "optimizer",
  alpha: "alpha",
  objective: "objective",
  divergence: "divergence",
  predictor: "predictor",
  lr_predictor: "lrPredictor",
  margin: "margin",
  rho: "rho",
  reset: "recoverBelow",
  clean_reset: "cleanReset",
  d_margin: "dMargin",
  fisher_alpha: "fisherAlpha",
  deyo_margin: "deyoMargin",
  plpd: "plpd",
};

/** What a step logged beside its loss; null where there is no value. */
export interface StepLog {
  /** Samples below the entropy threshold. */
  readonly n1?: number;
  /** Samples that were learnt from. */
  readonly n2?: number;
  readonly loss2?: number | null;
  /** SAR's moving average, before a recovery clears it. */
  readonly ema?: number | null;
  /** Whether SAR recovered. */
  readonly reset?: boolean;
}

/** Whether a json document is one of step fixtures: it may be of another kind. */
export const isStepFixture = (json: unknown): boolean => isRecord(json) && "runs" in (json as object);

/** The fixture that a json document holds; its runs are looked at one by one, by `checkRun`. Throws CheckpointError, naming `source`. */
export function toStepFixture(json: unknown, source: string): StepFixture {
  checkFixtureFormat(source, json);
  checkFields(source, json, {
    ...{ config: isText, steps: isCount, patch_len: isCount, norm_params: listOf(isText), runs: isRecord },
    arch: (value) => recordOf(either(isNumber, isText, listOf(isNumber)))(value),
  });
  const { arch } = json as StepFixture;
  const sizes = ["in_channels", "classes", ...(ARCH_SIZES.get(arch.kind) ?? [])];
  checkFields(`${source}: arch`, arch, { kind: isText, ...Object.fromEntries(sizes.map((name) => [name, isCount])) });
  if (arch.kind === "mlp") checkFields(`${source}: arch`, arch, { hidden: listOf(isCount, 2) });
  return json as StepFixture;
}

/** Sizes of each kind of net, beside channels and classes. */
const ARCH_SIZES = new Map<string, readonly string[]>([
  ["conv", ["width"]],
  ["mlp", ["size"]],
  ["vit", ["size", "patch", "dim", "heads", "depth", "mlp_ratio"]],
]);

/** Throws CheckpointError, naming `where`, unless `run` is one of a fixture of so many steps. */
export function checkRun(where: string, run: unknown, steps: number): void {
  checkFields(where, run, {
    ...{ method: isText, hyper: recordOf(either(isNumber, isText, isFlag)), uses_fisher: isFlag },
    adapted_params: listOf(isText, 1),
    log: listOf(recordOf(either(isNumber, isFlag, isNull)), steps),
    suggested_tol: isRecord,
  });
  checkFields(`${where}: suggested_tol`, (run as FixtureRun).suggested_tol, {
    step1: isTolerance,
    all_steps: isTolerance,
  });
}

/** Our name of a fixture's method. */
export const methodName = (name: string): string => (name === "come" ? "come-tent" : name);

/** The options of a run; `fisher` and `permutations` are data of the fixture. Throws ConfigError for a hyperparameter that is not known. */
export function optionsOf(
  { patch_len: patches, norm_params }: StepFixture,
  { method, hyper, adapted_params }: FixtureRun,
  fisher: ReadonlyMap<string, Tensor> | undefined,
  permutations: () => Tensor,
): MethodOptions {
  checkOptions(`hyper of ${method}`, hyper, Object.keys(HYPER));
  const all = norm_params.every((name) => adapted_params.includes(name));
  const named = Object.entries(hyper).map(([name, value]) => [HYPER[name as keyof FixtureHyper], value]);
  const options = {
    ...Object.fromEntries(named),
    ...{ patches, permutations, fisher },
    frozen: all ? null : undefined, // else the method's own layers
  };
  const given = Object.entries(options).filter(([, value]) => value !== undefined); // the others take their defaults
  return { lr: hyper.lr, ...Object.fromEntries(given) };
}

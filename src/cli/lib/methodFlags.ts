// Flags about how a method goes about it. A method refuses those that are not for it: they would change nothing, unsaid.
import { type Command, Option } from "commander";
import { learns } from "../../experiments/sweep/grid.js";
import { ConfigError } from "../../tensor/index.js";
import type { GuardOptions } from "../../zerosiam/guard.js";
import { DIVERGENCES, OBJECTIVES } from "../../zerosiam/losses.js";
import {
  ComeDeyo,
  ComeTent,
  Deyo,
  Eata,
  METHODS,
  type MethodOptions,
  Sar,
  Tent,
  ZeroSiam,
} from "../../zerosiam/methods/index.js";
import { PREDICTORS } from "../../zerosiam/predictor.js";
import { COUNT, nameFlag, numberFlag, RATE, WEIGHT } from "./options.js";

export interface MethodFlags extends Omit<MethodOptions, "fisher" | "frozen"> {
  /** Clean images: a stream file, or a folder of them. */
  fisher?: string;
  /** A regular expression, or "none". */
  frozen?: string;
  alarm?: GuardOptions["response"];
  rateFactor?: number;
}

/** A flag, and whether a method has it. */
type MethodFlag = readonly [option: Option, has: (method: string) => boolean];

const isZeroSiam = (method: string): boolean => method.startsWith("zerosiam");
const among =
  (...names: string[]) =>
  (method: string): boolean =>
    names.includes(method);
const filtersByEata = among("eata", "zerosiam-eata");
const filtersByDeyo = among("deyo", "come-deyo", "zerosiam-deyo");

/** What each method's class lists as its options; those of filters aside. */
const CLASSES: Readonly<Record<string, { readonly options: readonly string[] }>> = {
  ...{ tent: Tent, eata: Eata, sar: Sar, deyo: Deyo, "come-tent": ComeTent, "come-deyo": ComeDeyo },
  ...{ zerosiam: ZeroSiam, "zerosiam-eata": ZeroSiam, "zerosiam-deyo": ZeroSiam },
};
const canFreeze = (method: string): boolean => CLASSES[method]?.options.includes("frozen") ?? false;

const FLAGS: readonly MethodFlag[] = [
  [nameFlag("--optimizer <name>", "of the normalisation layers: sgd (default) or adam", ["sgd", "adam"]), learns],
  [numberFlag("--momentum <x>", "of SGD (default: 0.9)", WEIGHT), learns],
  [
    new Option(
      "--frozen <pattern>",
      "layers whose path matches this regular expression do not learn; none: all do",
    ).argParser(parsePattern),
    canFreeze,
  ],
  [numberFlag("--steps <n>", "updates on each batch (default: 1)", COUNT), learns],
  [new Option("--episodic", "start anew on every batch"), learns],
  [numberFlag("--lr-predictor <rate>", "of ZeroSiam's predictor (default: --lr)", RATE), isZeroSiam],
  [numberFlag("--alpha <weight>", "of ZeroSiam's alignment (default: 1)", WEIGHT), isZeroSiam],
  [nameOf("--objective <name>", "what ZeroSiam minimises", OBJECTIVES), isZeroSiam],
  [nameOf("--divergence <name>", "what keeps ZeroSiam's branches together", DIVERGENCES), isZeroSiam],
  [nameOf("--predictor <name>", "what stands between ZeroSiam's branches", PREDICTORS), isZeroSiam],
  [new Option("--fisher <path>", "clean images, as --data: EATA forgets less of what they need"), among("eata")],
  [
    numberFlag(
      "--fisher-alpha <weight>",
      "of what --fisher keeps (default: 2000, or 1 for ten classes or fewer)",
      WEIGHT,
    ),
    among("eata"),
  ],
  [
    numberFlag("--margin <nats>", "entropy below which a sample is reliable (default: 0.4 ln C)", WEIGHT),
    (method) => method === "sar" || filtersByEata(method) || filtersByDeyo(method),
  ],
  [
    numberFlag("--d-margin <x>", "EATA: |cosine| to the mean answer from which a sample is redundant", WEIGHT),
    filtersByEata,
  ],
  [numberFlag("--rho <x>", "SAR: length of the climb (default: 0.05)", WEIGHT), among("sar")],
  [
    numberFlag("--recover-below <x>", "SAR: average loss below which it starts anew (default: 0.2)", WEIGHT),
    among("sar"),
  ],
  [new Option("--clean-reset", "SAR's recovery clears momentum and average too"), among("sar")],
  [
    numberFlag("--deyo-margin <nats>", "DeYO: entropy above which a sample is left out (default: 0.5 ln C)", WEIGHT),
    filtersByDeyo,
  ],
  [numberFlag("--plpd <x>", "DeYO: least fall of the answer's probability (default: 0.2)", WEIGHT), filtersByDeyo],
  [numberFlag("--patches <n>", "DeYO: patches along each side (default: 4)", COUNT), filtersByDeyo],
  [
    nameFlag(
      "--alarm <response>",
      "at a collapse: warn, or rollback: take 1,024 images back, after --resume none before it, and lower the rates",
      ["warn", "rollback"],
    ),
    learns,
  ],
  [numberFlag("--rate-factor <x>", "of the rates at a rollback (default: 0.5)", RATE), learns],
];

/** The text itself, which goes into JSON and state files. Throws ConfigError unless it is a regular expression. */
function parsePattern(text: string): string {
  try {
    new RegExp(text);
    return text;
  } catch (cause) {
    throw new ConfigError(`--frozen: ${(cause as Error).message}`, "use a regular expression, or none", { cause });
  }
}

/** What methods take in the place of the pattern. */
export function patternOf(frozen: string): RegExp | null {
  return frozen === "none" ? null : new RegExp(frozen);
}

/** One of the names of a table; the first is the default. */
function nameOf(flags: string, description: string, table: object): Option {
  const names = Object.keys(table);
  return nameFlag(flags, `${description}: ${names.join(", ")} (default: ${names[0]})`, names);
}

export function addMethodFlags(command: Command): void {
  for (const [option] of FLAGS) command.addOption(option);
}

/** Throws ConfigError for a flag that `method` does not have, and for flags that exclude or need each other. */
export function checkMethodFlags(method: string, flags: MethodFlags): void {
  const given = new Map(Object.entries(flags));
  for (const [option, has] of FLAGS) {
    if (given.get(option.attributeName()) === undefined || has(method)) continue;
    throw new ConfigError(`${option.long}: not for ${method}`, `for ${METHODS.filter(has).join(", ")}`);
  }
  if (flags.episodic && flags.alarm) {
    throw new ConfigError("--alarm: not with --episodic", "a method that starts anew on every batch does not collapse");
  }
  if (flags.fisherAlpha !== undefined && flags.fisher === undefined) {
    throw new ConfigError("--fisher-alpha: there is nothing that it weighs", "name clean images with --fisher");
  }
  if (flags.momentum !== undefined && flags.optimizer === "adam") {
    throw new ConfigError("--momentum: not with --optimizer adam", "it is SGD's");
  }
  if (flags.rateFactor !== undefined && flags.alarm !== "rollback") {
    throw new ConfigError("--rate-factor: nothing rolls back", "ask for it with --alarm rollback");
  }
}

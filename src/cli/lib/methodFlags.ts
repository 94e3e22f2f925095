// Flags about how a method goes about it. A method refuses those that are not for it: they would change nothing, unsaid.
import { type Command, Option } from "commander";
import { learns } from "../../experiments/sweep/grid.js";
import { ConfigError } from "../../tensor/index.js";
import type { GuardOptions } from "../../zerosiam/guard.js";
import { DIVERGENCES, OBJECTIVES } from "../../zerosiam/losses.js";
import { METHODS, type MethodOptions } from "../../zerosiam/methods/index.js";
import { PREDICTORS } from "../../zerosiam/predictor.js";
import { COUNT, nameFlag, numberFlag, RATE, WEIGHT } from "./options.js";

export interface MethodFlags extends Omit<MethodOptions, "fisher"> {
  /** Clean images: a stream file, or a folder of them. */
  fisher?: string;
  alarm?: GuardOptions["response"];
  rateFactor?: number;
}

/** A flag, and whether a method has it. */
type MethodFlag = readonly [option: Option, has: (method: string) => boolean];

const isZeroSiam = (method: string): boolean => method.startsWith("zerosiam");
const only =
  (name: string) =>
  (method: string): boolean =>
    method === name;

const FLAGS: readonly MethodFlag[] = [
  [numberFlag("--steps <n>", "updates on each batch (default: 1)", COUNT), learns],
  [new Option("--episodic", "start anew on every batch"), learns],
  [numberFlag("--lr-predictor <rate>", "of ZeroSiam's predictor (default: --lr)", RATE), isZeroSiam],
  [numberFlag("--alpha <weight>", "of ZeroSiam's alignment (default: 1)", WEIGHT), isZeroSiam],
  [nameOf("--objective <name>", "what ZeroSiam minimises", OBJECTIVES), isZeroSiam],
  [nameOf("--divergence <name>", "what keeps ZeroSiam's branches together", DIVERGENCES), isZeroSiam],
  [nameOf("--predictor <name>", "what stands between ZeroSiam's branches", PREDICTORS), isZeroSiam],
  [new Option("--fisher <path>", "clean images, as --data: EATA forgets less of what they need"), only("eata")],
  [new Option("--clean-reset", "SAR's recovery clears momentum and average too"), only("sar")],
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
  if (flags.rateFactor !== undefined && flags.alarm !== "rollback") {
    throw new ConfigError("--rate-factor: nothing rolls back", "ask for it with --alarm rollback");
  }
}

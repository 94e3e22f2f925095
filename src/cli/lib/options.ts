// Flags with checked values: each parser names the flag, what was given and what is allowed. All throw ConfigError.
import { Option } from "commander";
import { ConfigError } from "../../tensor/errors.js";
import { nearest } from "../../tensor/names.js";

/** What every command takes. */
export interface CommonOptions {
  json?: string;
  adapter?: string;
}

export interface NumberRange {
  /** The least value allowed. */
  min?: number;
  /** A bound that is not allowed itself. */
  above?: number;
  /** The greatest value allowed. */
  max?: number;
  integer?: boolean;
  /** Beside the range, why it is so. */
  help?: string;
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** A learning rate: finite and not negative. */
export const RATE: NumberRange = { min: 0, help: "rates are used as given; 0 freezes the parameters" };
/** A weight of a loss term. */
export const WEIGHT: NumberRange = { min: 0 };
/** Any finite number. */
export const ANY: NumberRange = {};
/** A divisor. */
export const POSITIVE: NumberRange = { above: 0 };
/** A number of images, batches, seeds or epochs. */
export const COUNT: NumberRange = { min: 1, integer: true };
/** A number of runs, each of which takes memory of its own before the first begins. */
export const RUNS: NumberRange = { min: 1, max: 10_000, integer: true };
/** A number of processes on this machine. */
export const JOBS: NumberRange = { min: 1, max: 1_000, integer: true };
/** A seed of the random numbers. */
export const SEED: NumberRange = { min: 0, integer: true };

/** A flag that takes one number: `--lr <rate>`. */
export function numberFlag(flags: string, description: string, range: NumberRange): Option {
  const name = flagName(flags);
  return new Option(flags, description).argParser((text: string) => parseNumber(name, text, range));
}

/** A flag that takes numbers separated by commas: `--sizes 256,512`. */
export function numbersFlag(flags: string, description: string, range: NumberRange): Option {
  const name = flagName(flags);
  return new Option(flags, description).argParser((text: string) =>
    text.split(",").map((part) => parseNumber(name, part.trim(), range)),
  );
}

/** A flag that takes names out of `known`, separated by commas, each once. */
export function namesFlag(flags: string, description: string, known: readonly string[]): Option {
  const name = flagName(flags);
  return new Option(flags, description).argParser((text: string) => {
    const names = text.split(",").map((part) => checkName(name, part.trim(), known));
    if (new Set(names).size === names.length) return names;
    throw new ConfigError(`${name}: "${text}" names one thing twice`, "name each once");
  });
}

/** A flag that takes one name out of `known`. */
export function nameFlag(flags: string, description: string, known: readonly string[]): Option {
  const name = flagName(flags);
  return new Option(flags, description).argParser((text: string) => checkName(name, text, known));
}

/** `--lr` of `--lr <rate>` and of `-l, --lr <rate>`. */
function flagName(flags: string): string {
  return /--[a-z-]+/.exec(flags)?.[0] ?? flags;
}

function parseNumber(flag: string, text: string, range: NumberRange): number {
  const {
    min = Number.NEGATIVE_INFINITY,
    above = Number.NEGATIVE_INFINITY,
    max = Number.POSITIVE_INFINITY,
    integer,
    help = "",
  } = range;
  const value = NUMBER.test(text) ? Number(text) : Number.NaN;
  const fits = integer ? Number.isSafeInteger(value) : Number.isFinite(value);
  if (fits && value >= min && value > above && value <= max) return value;
  const kind = integer ? "an integer" : "a finite number";
  const bound = range.min !== undefined ? ` ≥ ${min}` : range.above !== undefined ? ` > ${above}` : "";
  const end = range.max === undefined ? "" : ` and ≤ ${max}`;
  throw new ConfigError(`${flag}: "${text}" is not ${kind}${bound}${end}`, help);
}

function checkName(flag: string, name: string, known: readonly string[]): string {
  if (known.includes(name)) return name;
  const meant = nearest(name, known);
  const help = `${meant === undefined ? "known" : `did you mean ${meant}? Known`} are ${known.join(", ")}`;
  throw new ConfigError(`${flag}: "${name}" is unknown`, help);
}

/** Throws ConfigError naming all of `wanted`, names of options, that were not given, or as nothing. */
export function requireFlags<K extends string>(command: string, given: object, wanted: readonly K[]): void {
  const values = new Map(Object.entries(given));
  const missing = wanted.filter((name) => (values.get(name) ?? "") === "").map((name) => flagOf(name));
  if (missing.length === 0) return;
  throw new ConfigError(
    `${command}: ${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} missing`,
    `run it with --help for all options`,
  );
}

/** `--lr-predictor` of lrPredictor. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

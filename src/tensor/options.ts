// Option bags: a name that nobody knows is a slip of the pen, not to be passed over.
import { formatValue } from "./arguments.js";
import { ConfigError } from "./errors.js";
import { nearest } from "./names.js";

/** Throws ConfigError unless `options` is an object that has no names but those `known`. */
export function checkOptions(owner: string, options: unknown, known: readonly string[]): void {
  if (options === null || typeof options !== "object") {
    throw new ConfigError(`${owner}: options is ${formatValue(options)}`, `pass { ${known.join(", ")} }`);
  }
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const meant = nearest(unknown, known);
  const help = `${meant === undefined ? "it" : `did you mean ${meant}? It`} takes ${known.join(", ")}`;
  throw new ConfigError(
    `${owner}: unknown option ${JSON.stringify(unknown)}`,
    known.length > 0 ? help : "it takes no options: pass arguments in their order",
  );
}

/** Throws ConfigError unless `name` is one of `known`. */
export function checkName(what: string, name: string, known: object): void {
  if (typeof name === "string" && Object.hasOwn(known, name)) return;
  throw new ConfigError(`${what} ${formatValue(name)} is unknown`, `choose one of ${Object.keys(known).join(", ")}`);
}

/** Throws ConfigError where an object among the arguments of a call has names but those `known`, and where one is no plain data. */
export function checkArguments(owner: string, args: readonly unknown[], known: readonly string[]): void {
  for (const arg of args) {
    if (isBag(arg)) checkOptions(owner, arg, known);
    checkPlain(owner, arg);
  }
}

/** Arguments are lists of pairs at most, and options that hold these. */
const DEEPEST = 8;

/** Throws ConfigError unless `value` is made of numbers, strings, booleans, arrays and options: what calls can be compared by. */
function checkPlain(owner: string, value: unknown, depth = 0): void {
  if (value === undefined || value === null || ["number", "string", "boolean"].includes(typeof value)) return;
  if (!Array.isArray(value) && !isBag(value)) {
    const what = typeof value === "object" ? `${value.constructor?.name ?? "an object"}` : typeof value;
    throw new ConfigError(
      `${owner}: an argument is of type ${what}`,
      "pass numbers, strings, booleans or arrays of them",
    );
  }
  if (depth === DEEPEST) {
    throw new ConfigError(`${owner}: an argument holds lists in lists, ${DEEPEST} deep`, "pass numbers, or flat lists");
  }
  for (const part of Object.values(value)) checkPlain(owner, part, depth + 1);
}

/** Whether `value` is an object of no class: no array, no tensor. */
function isBag(value: unknown): boolean {
  return typeof value === "object" && value !== null && [Object.prototype, null].includes(Object.getPrototypeOf(value));
}

/** The options of a call; none where they are left out. Throws ConfigError unless they are an object, whose names are checked for all ops at once. */
export function given<T extends object>(op: string, options: T | undefined): Partial<T> {
  if (options === undefined) return {};
  if (isBag(options)) return options;
  throw new ConfigError(`${op}: options is ${formatValue(options)}`, "pass an object, or leave them out");
}

// Arguments of ops, which nobody's compiler need have checked: numbers, integers, flags, lists.
import { type DType, holds, stored } from "./dtype.js";
import { ConfigError, DTypeError, ShapeError } from "./errors.js";

/** Most elements of a list, and lists in lists, that a message shows. */
const SHOWN = 16;

/** Any argument, as error messages print it: `"x"`, `NaN`, `[1, NaN]`, `an object`. Long lists are cut, as are those in themselves. */
export function formatValue(value: unknown, depth = 0): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) {
    const shown = depth < SHOWN ? Array.from(value.slice(0, SHOWN), (part) => formatValue(part, depth + 1)) : [];
    return `[${[...shown, ...(shown.length < value.length ? ["…"] : [])].join(", ")}]`;
  }
  if (typeof value === "function") return "a function";
  if (value instanceof Promise) return "a promise, which must be awaited";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

/** `value`, the argument `name`. Throws ConfigError unless it is a number, not NaN, and at least `least`. */
export function checkNumber(op: string, name: string, value: number, least = Number.NEGATIVE_INFINITY): number {
  if (typeof value === "number" && value >= least) return value;
  throw new ConfigError(
    `${op}: ${name} is ${formatValue(value)}`,
    least === Number.NEGATIVE_INFINITY ? "pass a number" : `pass a number ≥ ${least}`,
  );
}

/** `value`, the argument `name`. Throws ConfigError unless it is an integer that i32 can hold. */
export function checkInteger(op: string, name: string, value: number): number {
  if (Number.isInteger(value) && value === (value | 0)) return value;
  throw new ConfigError(`${op}: ${name} is ${formatValue(value)}`, "pass an integer that i32 can hold");
}

/** `value`, the argument `name`, as a tensor of `dtype` stores it. Throws ConfigError unless it is a number, DTypeError unless `dtype` holds it. */
export function checkStored(op: string, name: string, value: number, dtype: DType): number {
  if (!Number.isNaN(value)) checkNumber(op, name, value);
  if (holds(dtype, value)) return stored(dtype, value);
  throw new DTypeError(`${op}: ${name} is ${value} for a tensor of ${dtype}`, 'cast the tensor first: cast("f32")');
}

/** `value`, the argument `name`. Throws ConfigError unless it is a boolean. */
export function checkFlag(op: string, name: string, value: boolean): boolean {
  if (typeof value === "boolean") return value;
  throw new ConfigError(`${op}: ${name} is ${formatValue(value)}`, "pass true or false");
}

/** `value`, the argument `name`. Throws ShapeError unless it is an array. */
export function checkList<T extends readonly unknown[]>(op: string, name: string, value: T): T {
  if (Array.isArray(value)) return value;
  throw new ShapeError(`${op}: ${name} is ${formatValue(value)}`, "pass an array");
}

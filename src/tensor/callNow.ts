// Calling a function under a state that ends with the call: what it leaves for later would run without that state.
import { formatValue } from "./arguments.js";
import { ConfigError } from "./errors.js";

/**
 * `fn()`. Throws ConfigError naming `owner` where `fn` is no function, async or a generator, before it runs, and where what it returns
 * is a promise, another thenable or an iterator: part of it is to run later then, which nobody can prevent.
 */
export function callNow<T>(owner: string, fn: () => T): T {
  if (typeof fn !== "function") {
    throw new ConfigError(`${owner}: the function is ${formatValue(fn)}`, "pass a function, which is called at once");
  }
  if (/Async|Generator/.test(Object.prototype.toString.call(fn))) throw refusal(owner, kindOf(fn));
  const result = fn();
  if (result === null || typeof result !== "object") return result;
  // The refusal tells what is wrong. A failure of the rest that nobody awaits would end the process instead.
  if (result instanceof Promise) result.catch(() => undefined);
  if (hasMethod(result, "then")) throw refusal(owner, "async");
  if (hasMethod(result, "next")) throw refusal(owner, "a generator");
  return result;
}

/** Asks before it reads: some proxies throw for names that they do not have. */
function hasMethod(value: object, name: string): boolean {
  return name in value && typeof (value as Record<string, unknown>)[name] === "function";
}

function kindOf(fn: () => unknown): string {
  return Object.prototype.toString.call(fn).includes("Generator") ? "a generator" : "async";
}

function refusal(owner: string, kind: string): ConfigError {
  const help = "make it a plain function that returns tensors, and await their data() outside";
  return new ConfigError(`${owner}: the function is ${kind}, and goes on after its end`, help);
}

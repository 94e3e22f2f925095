// Lifetimes: what is made inside a scope is freed at its end, unless returned or kept.
import { callNow } from "./callNow.js";
import type { Tensor } from "./tensor.js";

const stack: Set<Tensor>[] = [];

/** Called by every new tensor: the innermost scope owns it. */
export function adopt(tensor: Tensor): void {
  stack.at(-1)?.add(tensor);
}

/** Called when a tensor is disposed before its scope ends. */
export function disown(tensor: Tensor): void {
  for (const owned of stack) owned.delete(tensor);
}

/** Takes `tensor` out of every scope: it lives until `dispose()`. */
export function keep<T extends Tensor>(tensor: T): T {
  disown(tensor);
  return tensor;
}

/**
 * Runs `fn` and disposes every tensor made in it, except those it returns (in arrays, maps, sets or plain objects too),
 * which pass to the enclosing scope, and those kept with `keep`. Frees on a throw as well.
 * Throws ConfigError if `fn` is async or a generator: read back after the scope.
 */
export function scope<T>(fn: () => T): T {
  const owned = new Set<Tensor>();
  stack.push(owned);
  try {
    const result = callNow("scope", fn);
    for (const tensor of tensorsIn(result)) {
      if (owned.delete(tensor)) stack.at(-2)?.add(tensor);
    }
    return result;
  } finally {
    stack.pop();
    for (const tensor of owned) tensor.dispose();
  }
}

/** The tensors in a value, looking into arrays, maps, sets and plain objects, each once. */
function tensorsIn(value: unknown): Tensor[] {
  const found: Tensor[] = [];
  const seen = new Set([value]); // grows while it is walked
  for (const part of seen) {
    if (typeof part !== "object" || part === null) continue;
    if (isTensor(part)) found.push(part);
    else for (const inner of partsOf(part)) seen.add(inner);
  }
  return found;
}

function partsOf(value: object): Iterable<unknown> {
  if (Array.isArray(value) || value instanceof Map || value instanceof Set) return value.values();
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? Object.values(value) : [];
}

/** By shape, not by class: this module stands below Tensor. */
function isTensor(value: object): value is Tensor {
  return "storage" in value && "dispose" in value;
}

// Lifetimes: what is made inside a scope is freed at its end, unless returned or kept.
import { ConfigError } from "./errors.js";
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
 * Runs `fn` and disposes every tensor made in it, except those it returns (in arrays, maps or plain objects too),
 * which pass to the enclosing scope, and those kept with `keep`. Frees on a throw as well.
 * Throws ConfigError if `fn` is async: read back after the scope.
 */
export function scope<T>(fn: () => T): T {
  const owned = new Set<Tensor>();
  stack.push(owned);
  try {
    const result = fn();
    if (result instanceof Promise) {
      throw new ConfigError("scope: the function is async", "return the tensors and await their data() outside");
    }
    for (const tensor of tensorsIn(result)) {
      if (owned.delete(tensor)) stack.at(-2)?.add(tensor);
    }
    return result;
  } finally {
    stack.pop();
    for (const tensor of owned) tensor.dispose();
  }
}

/** The tensors in a value, looking into arrays, maps and plain objects. */
function* tensorsIn(value: unknown): Generator<Tensor> {
  if (typeof value !== "object" || value === null) return;
  if (isTensor(value)) {
    yield value;
    return;
  }
  const plain = Object.getPrototypeOf(value) === Object.prototype;
  const parts = value instanceof Map || Array.isArray(value) ? value.values() : plain ? Object.values(value) : [];
  for (const part of parts) yield* tensorsIn(part);
}

/** By shape, not by class: this module stands below Tensor. */
function isTensor(value: object): value is Tensor {
  return "storage" in value && "dispose" in value;
}

// Modules that a model has and does not name: in fields that are lists, which nothing searches.
import { Module } from "./module.js";

/** Modules in arrays, maps, sets and plain objects that `namedModules` does not reach, each with the path of the field. */
export function* unnamedModules(model: Module): Generator<[path: string, module: Module]> {
  const known = new Map([...model.namedModules()].map(([path, module]) => [module, path]));
  for (const [module, path] of known) {
    for (const [field, value] of Object.entries(module)) {
      for (const part of listed(value)) if (!known.has(part)) yield [path ? `${path}.${field}` : field, part];
    }
  }
}

/** The modules in a list, and in lists in it, however deep. */
function listed(value: unknown): Module[] {
  const seen = new Set(partsOf(value)); // grows while it is walked
  for (const part of seen) for (const inner of partsOf(part)) seen.add(inner);
  return [...seen].filter((part) => part instanceof Module);
}

/** Of what is a list: an array, a map, a set or an object of no class. */
function partsOf(value: unknown): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  if (Array.isArray(value) || value instanceof Map || value instanceof Set) return [...value.values()];
  return [Object.prototype, null].includes(Object.getPrototypeOf(value)) ? Object.values(value) : [];
}

// Modules that a model has and does not name: in fields that are lists, which nothing searches.
import { Module } from "./module.js";

/** Modules in arrays, maps and plain objects that `namedModules` does not reach, each with the path of the field. */
export function* unnamedModules(model: Module): Generator<[path: string, module: Module]> {
  const known = new Map([...model.namedModules()].map(([path, module]) => [module, path]));
  for (const [module, path] of known) {
    for (const [field, value] of Object.entries(module)) {
      for (const part of listed(value)) if (!known.has(part)) yield [path ? `${path}.${field}` : field, part];
    }
  }
}

/** The modules in a list, however deep. */
function listed(value: unknown): Module[] {
  const plain = typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  const parts = Array.isArray(value) || value instanceof Map ? [...value.values()] : plain ? Object.values(value) : [];
  return parts.flat(Number.POSITIVE_INFINITY).filter((part) => part instanceof Module);
}

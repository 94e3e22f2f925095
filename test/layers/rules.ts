// The rules of the source tree. Each takes the parsed files and returns its violations, a line each.
import type { SourceFile } from "./source.js";

interface Layer {
  readonly name: string;
  readonly files: RegExp;
  /** Layers that it may import. */
  readonly uses: readonly string[];
  /** Layers from which it may import types, and only types. */
  readonly types?: readonly string[];
  /** Packages that it may import. */
  readonly packages?: RegExp;
}

/** From the bottom up; a file belongs to the first layer that matches it. */
const LAYERS: readonly Layer[] = [
  { name: "base", files: /^src\/tensor\/(shape|dtype|errors|options|arguments|rng)\.ts$/, uses: ["base"] },
  { name: "op", files: /^src\/tensor\/op\.ts$/, uses: ["base"], types: ["device", "tensor"] },
  { name: "device", files: /^src\/tensor\/device\//, uses: ["base", "device"], packages: /^(node:.*|webgpu)$/ },
  { name: "kernels/lib", files: /^src\/kernels\/lib\//, uses: ["base", "op", "kernels/lib"], types: ["tensor"] },
  {
    name: "kernels/index",
    files: /^src\/kernels\/(index|all)\.ts$/,
    uses: ["base", "op", "kernels/lib", "kernels", "kernels/index"],
  },
  { name: "kernels", files: /^src\/kernels\//, uses: ["base", "op", "kernels/lib"], types: ["tensor"] },
  {
    name: "tensor/index",
    files: /^src\/tensor\/index\.ts$/,
    uses: ["base", "op", "device", "tensor", "kernels/index"],
  },
  { name: "tensor", files: /^src\/tensor\//, uses: ["base", "op", "device", "tensor"] },
  { name: "nn", files: /^src\/nn\//, uses: ["base", "tensor", "tensor/index", "nn"], packages: /^node:/ },
  {
    name: "zerosiam",
    files: /^src\/zerosiam\//,
    uses: ["base", "tensor", "tensor/index", "nn", "zerosiam"],
    packages: /./,
  },
  { name: "index", files: /^src\/index\.ts$/, uses: ["kernels/index", "tensor/index", "nn", "zerosiam"] },
];

const layerOf = (path: string) => LAYERS.find((layer) => layer.files.test(path));

/** Layers import downwards only (base ← device ← kernels ← tensor ← nn ← zerosiam). */
export function layerViolations(files: readonly SourceFile[]): string[] {
  const found: string[] = [];
  for (const { path, imports } of files) {
    const layer = layerOf(path);
    if (!layer) {
      found.push(`${path} belongs to no layer`);
      continue;
    }
    for (const { target, typeOnly } of imports) {
      const other = target.startsWith("src/") ? layerOf(target)?.name : undefined;
      const allowed = target.startsWith("src/")
        ? other !== undefined && (layer.uses.includes(other) || (typeOnly && layer.types?.includes(other)))
        : layer.packages?.test(target);
      if (!allowed) found.push(`${path} (${layer.name}) imports ${target}${other ? ` (${other})` : ""}`);
    }
  }
  return found;
}

/** No file reaches itself through imports that exist when the program runs. */
export function importCycles(files: readonly SourceFile[]): string[] {
  const graph = new Map(files.map(({ path, imports }) => [path, imports.filter((i) => !i.typeOnly && !i.dynamic)]));
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) found.push([...trail.slice(trail.indexOf(path)), path].join(" → "));
    if (done.has(path)) return;
    done.add(path);
    for (const { target } of graph.get(path) ?? []) visit(target, [...trail, path]);
  };
  for (const path of graph.keys()) visit(path, []);
  return found;
}

/** Every file starts by saying what it is. */
export function missingHeaders(files: readonly SourceFile[]): string[] {
  return files.filter(({ firstLine }) => !/^(\/\/|\/\*\*?) \S/.test(firstLine)).map(({ path }) => path);
}

export function defaultExports(files: readonly SourceFile[]): string[] {
  return files.filter(({ exports }) => exports.includes("default")).map(({ path }) => path);
}

/** The library is silent; only programs print. */
export function consoleUses(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path, usesConsole }) => usesConsole && /^src\/(tensor|kernels|nn)\//.test(path))
    .map(({ path }) => path);
}

/** Files whose exports are for the outside. */
const PUBLIC = /^src\/((tensor|kernels|nn|zerosiam)\/)?index\.ts$/;

/**
 * Exports under src that no other file imports and the package does not pass on. A type may be exported only to name
 * what the file's functions take and return.
 */
export function unusedExports(sources: readonly SourceFile[], users: readonly SourceFile[]): string[] {
  const imports = [...sources, ...users].flatMap((file) => file.imports);
  const used = new Set(imports.flatMap(({ target, names }) => names.map((name) => `${target}: ${name}`)));
  return sources
    .filter(({ path }) => !PUBLIC.test(path) && !used.has(`${path}: *`))
    .flatMap(({ path, exports, ownTypes }) =>
      exports.filter((name) => !ownTypes.includes(name)).map((n) => `${path}: ${n}`),
    )
    .filter((name) => !used.has(name));
}

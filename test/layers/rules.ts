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

/** Above nn: of the tensors, their index alone; and what has no tensors yet. */
const TENSOR = ["base", "tensor/index"];
const METHOD = [...TENSOR, "nn", "zerosiam"];
const RUNS = [...METHOD, "data", "experiments"];
const ALL = [...RUNS, "tensor", "op", "device", "kernels/index", "report", "parity", "cli/lib"];

/** From the bottom up; a file belongs to the first layer that matches it. */
const LAYERS: readonly Layer[] = [
  { name: "base", files: /^src\/tensor\/(shape|dtype|errors|options|names|arguments|rng)\.ts$/, uses: ["base"] },
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
  { name: "nn", files: /^src\/nn\//, uses: [...TENSOR, "tensor", "nn"], packages: /^node:/ },
  { name: "zerosiam", files: /^src\/zerosiam\//, uses: METHOD },
  { name: "data", files: /^src\/data\//, uses: [...TENSOR, "nn", "data"], packages: /^node:/ },
  { name: "experiments", files: /^src\/experiments\//, uses: RUNS, packages: /^node:/ },
  {
    name: "report",
    files: /^src\/report\//,
    uses: [...RUNS, "report"],
    packages: /^(picocolors|uplot|uplot\/.*\.css)$/,
  },
  { name: "parity", files: /^src\/parity\//, uses: [...RUNS, "parity"], packages: /^node:/ },
  { name: "index", files: /^src\/index\.ts$/, uses: [...RUNS, "kernels/index"] },
  { name: "cli/lib", files: /^src\/cli\/lib\//, uses: ALL, packages: /^(node:.*|commander|picocolors|package\.json)$/ },
  // A command may hand over to the benchmarks, by their index: nothing else of src knows them.
  {
    name: "cli",
    files: /^src\/cli\//,
    uses: [...ALL, "cli", "bench/index"],
    packages: /^(node:.*|commander)$/,
  },
  { name: "bench/index", files: /^bench\/index\.ts$/, uses: [...ALL, "bench"], packages: /^/ },
  { name: "bench", files: /^bench\//, uses: [...ALL, "kernels", "index", "bench", "bench/index"], packages: /^/ },
];

const layerOf = (path: string) => LAYERS.find((layer) => layer.files.test(path));

/**
 * Layers import downwards only: base ← device ← kernels ← tensor ← nn ← zerosiam, data ← experiments ← report, parity ←
 * cli, bench.
 */
export function layerViolations(files: readonly SourceFile[]): string[] {
  const found: string[] = [];
  for (const { path, imports } of files) {
    const layer = layerOf(path);
    if (!layer) {
      found.push(`${path} belongs to no layer`);
      continue;
    }
    for (const { target, typeOnly } of imports) {
      const own = /^(src|bench|test|scripts|examples)\//.test(target);
      const other = own ? layerOf(target)?.name : undefined;
      const allowed = own
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

/** A tensor names the node, the op and the scope that it comes from, and each of these names tensors. */
const ENTWINED = ["autograd/graph", "op", "scope"].map((name) => `src/tensor/${name}.ts ↔ src/tensor/tensor.ts`);

/** No two other files import each other, not even for types: neither could be read first. */
export function mutualImports(files: readonly SourceFile[]): string[] {
  const targets = new Map(files.map(({ path, imports }) => [path, new Set(imports.map(({ target }) => target))]));
  return files.flatMap(({ path }) =>
    [...(targets.get(path) ?? [])]
      .filter((other) => path < other && targets.get(other)?.has(path))
      .map((other) => `${path} ↔ ${other}`)
      .filter((pair) => !ENTWINED.includes(pair)),
  );
}

/** Files beside each other that can be taken in at a glance. */
const MOST_FILES = 30;

/** Folders with more files than that. The ops alone may be any number: each is one file, by its name. */
export function crowdedFolders(files: readonly SourceFile[]): string[] {
  const counts = new Map<string, number>();
  for (const { path } of files) {
    const folder = path.slice(0, path.lastIndexOf("/"));
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  counts.delete("src/kernels");
  return [...counts].filter(([, count]) => count > MOST_FILES).map(([folder, count]) => `${folder}: ${count} files`);
}

/** What the method may have at most, all told: who comes to read it reads all of it. */
const METHOD_LINES = 2200;
const MEDIAN_LINES = 80;

/** Sizes beyond the plan: of the method, and of a source file in the middle. */
export function oversizes(files: readonly SourceFile[]): string[] {
  const method = files
    .filter(({ path }) => path.startsWith("src/zerosiam/"))
    .reduce((sum, file) => sum + file.lines, 0);
  const sorted = files.map(({ lines }) => lines).sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return [
    ...(method > METHOD_LINES ? [`src/zerosiam: ${method} lines`] : []),
    ...(median > MEDIAN_LINES ? [`median file: ${median} lines`] : []),
  ];
}

/** Every file starts by saying what it is. */
export function missingHeaders(files: readonly SourceFile[]): string[] {
  return files.filter(({ firstLine }) => !/^(\/\/|\/\*\*?) \S/.test(firstLine)).map(({ path }) => path);
}

export function defaultExports(files: readonly SourceFile[]): string[] {
  return files.filter(({ exports }) => exports.includes("default")).map(({ path }) => path);
}

/** Where a page hears of a warning: Node has `process.emitWarning`. */
const SPEAKS = "src/tensor/device/warn.browser.ts";

/** The library is silent but for that; only programs print. */
export function consoleUses(files: readonly SourceFile[]): string[] {
  return files
    .filter(
      ({ path, usesConsole }) =>
        usesConsole &&
        path !== SPEAKS &&
        /^src\/(tensor|kernels|nn|zerosiam|data|experiments|report|parity)\//.test(path),
    )
    .map(({ path }) => path);
}

/** Files whose exports are for the outside. */
const PUBLIC = /^src\/((tensor|kernels|nn|zerosiam|data|experiments)\/)?index\.ts$/;

/** How files end that stand in for others in browsers (scripts/esbuild.mjs). */
const BROWSER = ".browser.ts";

/** Exports of files for browsers that the files they stand in for lack, and such files that stand in for none. */
export function strayBrowserExports(sources: readonly SourceFile[]): string[] {
  return sources
    .filter(({ path }) => path.endsWith(BROWSER))
    .flatMap(({ path, exports }) => {
      const inNode = sources.find((file) => file.path === path.replace(BROWSER, ".ts"));
      return exports.filter((name) => !inNode?.exports.includes(name)).map((name) => `${path}: ${name}`);
    });
}

/**
 * Exports under src that no other file imports and the package does not pass on. A type may be exported only to name
 * what the file's functions take and return. A file for browsers is imported under the name of the one it stands in for.
 */
export function unusedExports(sources: readonly SourceFile[], users: readonly SourceFile[]): string[] {
  const imports = [...sources, ...users].flatMap((file) => file.imports);
  const used = new Set(imports.flatMap(({ target, names }) => names.map((name) => `${target}: ${name}`)));
  return sources
    .filter(({ path }) => !PUBLIC.test(path) && !used.has(`${path}: *`) && !path.endsWith(BROWSER))
    .flatMap(({ path, exports, ownTypes }) =>
      exports.filter((name) => !ownTypes.includes(name)).map((n) => `${path}: ${n}`),
    )
    .filter((name) => !used.has(name));
}

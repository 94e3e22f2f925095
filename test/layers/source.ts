// What the rules of the source tree look at: each file's imports, exports and first line, from a real parser.
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { parseSync, Visitor } from "rolldown/utils";
import { type Spelling, spellingsIn } from "./spellings.js";

export interface Import {
  /** `./lib/product/tile.js` resolved to `src/kernels/lib/product/tile.ts`; packages as they are written. */
  readonly target: string;
  /** Imported names; `*` for a whole module (namespaces, `export *`, dynamic imports). */
  readonly names: readonly string[];
  /** `import type`, `export type`: gone when the program runs. */
  readonly typeOnly: boolean;
  readonly dynamic: boolean;
}

export interface SourceFile {
  readonly path: string;
  readonly firstLine: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  /** Names that the file exports, except those it passes on with `export *`. */
  readonly exports: readonly string[];
  /** Exported types that the file itself mentions: they describe its other exports. */
  readonly ownTypes: readonly string[];
  readonly usesConsole: boolean;
  readonly spellings: readonly Spelling[];
}

/** Parses one file. `path` is relative to the repository. */
export function parseSource(path: string, text: string): SourceFile {
  const { module, program, errors } = parseSync(path, text);
  if (errors.length > 0) throw new SyntaxError(`${path}: ${errors[0].message}`);
  const imports: Import[] = [];
  const add = (specifier: string, names: string[], typeOnly: boolean, dynamic = false) =>
    imports.push({ target: resolve(path, specifier), names, typeOnly, dynamic });
  const isTypeOnly = (start: number) => /^(import|export) type\b/.test(text.slice(start, start + 12));

  for (const { start, moduleRequest, entries } of module.staticImports) {
    add(
      moduleRequest.value,
      entries.map(({ importName }) => importName.name ?? "*"),
      isTypeOnly(start),
    );
  }
  const exported: string[] = [];
  const ownTypes: string[] = [];
  for (const { start, entries } of module.staticExports) {
    for (const { moduleRequest, importName, exportName, isType } of entries) {
      if (exportName.kind !== "None") exported.push(exportName.name ?? "default");
      const name = exportName.name ?? "";
      if (isType && !moduleRequest && text.split(new RegExp(`\\b${name}\\b`)).length > 2) ownTypes.push(name);
      if (moduleRequest) add(moduleRequest.value, [importName.name ?? "*"], isTypeOnly(start));
    }
  }
  let usesConsole = false;
  const strings = (node: { type: string; value?: unknown }) => (node.type === "Literal" ? String(node.value) : "");
  new Visitor({
    ImportExpression: ({ source }) => add(strings(source), ["*"], false, true),
    TSImportType: ({ source }) => add(strings(source), ["*"], true),
    MemberExpression({ object }) {
      usesConsole ||= object.type === "Identifier" && object.name === "console";
    },
  }).visit(program);
  const firstLine = text.slice(0, text.indexOf("\n"));
  const lines = text.trimEnd().split("\n").length;
  return {
    path,
    firstLine,
    lines,
    imports,
    exports: exported,
    ownTypes,
    usesConsole,
    spellings: spellingsIn(program, text),
  };
}

/** Reads all TypeScript files below a folder of the repository. */
export function readTree(root: string, folder: string): SourceFile[] {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
  const paths = names.filter((name) => /\.m?ts$/.test(name) && !name.endsWith(".d.mts"));
  return paths.sort().map((name) => {
    const path = posix.join(folder, name.replaceAll("\\", "/"));
    return parseSource(path, readFileSync(join(root, path), "utf8"));
  });
}

function resolve(from: string, specifier: string): string {
  if (!specifier.startsWith(".")) return specifier;
  return posix.join(posix.dirname(from), specifier).replace(/\.js$/, ".ts");
}

// What an entry of the package exports: for each name, the declaration behind it and the file that holds it.
import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { type ESTree, parseSync } from "rolldown/utils";

export interface Exported {
  readonly name: string;
  readonly file: string;
  /** The file's text, in which `statement` has its place: its doc comment ends before. */
  readonly text: string;
  readonly statement: ESTree.ExportNamedDeclaration;
}

/** By module. Ops have pages of their own. */
const found = new Map<string, readonly Exported[]>([["src/kernels/all.ts", []]]);

/** All that the module `file` exports, in its order, but for ops and namespaces (`nn`). */
export function exportsOf(file: string): readonly Exported[] {
  const known = found.get(file);
  if (known) return known;
  const text = readFileSync(file, "utf8");
  const { module, program } = parseSync(file, text);
  const own = program.body.flatMap((statement) => declared(file, text, statement));
  const from = (module: string, wanted: string | null) =>
    exportsOf(posix.join(posix.dirname(file), module.replace(/js$/, "ts"))).filter(
      ({ name }) => wanted === null || name === wanted,
    );
  const entries = module.staticExports.flatMap(({ entries }) => entries);
  const all = entries.flatMap(({ moduleRequest, importName, exportName }) => {
    if (importName.kind === "All") return [];
    if (moduleRequest) return from(moduleRequest.value, importName.name);
    const here = own.find(({ name }) => name === exportName.name);
    return (
      here ??
      module.staticImports
        .filter(({ entries }) => entries.some(({ localName }) => localName.value === exportName.name))
        .flatMap(({ moduleRequest }) => from(moduleRequest.value, exportName.name))
    );
  });
  found.set(file, all);
  return all;
}

/** What a statement declares and exports. */
function declared(file: string, text: string, statement: ESTree.Statement | ESTree.Directive): Exported[] {
  if (statement.type !== "ExportNamedDeclaration" || !statement.declaration) return [];
  const { declaration } = statement;
  const nodes = declaration.type === "VariableDeclaration" ? declaration.declarations : [declaration];
  return nodes.flatMap((node) =>
    "id" in node && node.id?.type === "Identifier" ? [{ name: node.id.name, file, text, statement }] : [],
  );
}

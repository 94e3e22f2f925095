// What is mutated: derivatives and shape rules, with all that they call in the kernels, and which ops each part serves;
// losses, and what methods compute of a batch.
import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { childrenOf, type Node, parse, walk } from "./tree.js";

/** A part of a file, and the files of the ops whose checks cover it; none for losses, which runs of methods cover. */
export interface Target {
  readonly file: string;
  readonly node: Node;
  readonly ops: ReadonlySet<string>;
}

/** Properties of a declaration, or of what a preset takes, that hold a derivative or a shape rule. */
const ROOTS = /^(vjp|backward|params|infer|result|target|emptyHasValue)$/;
/** Where `infer` and the like would be data. */
const DATA = /^(samples|errors|bench)$/;
const SHAPES = "src/tensor/shape.ts";
const LOSSES = "src/zerosiam/losses.ts";
const METHODS = /^src\/zerosiam\/(zerosiam|methods\/\w+)\.ts$/;

interface Source {
  readonly path: string;
  readonly text: string;
  readonly program: Node;
  /** Functions and constants at the top level. */
  readonly declarations: ReadonlyMap<string, Node>;
  /** Local name → file and name there, of what comes from the kernels or is a shape rule. */
  readonly imports: ReadonlyMap<string, readonly [path: string, name: string]>;
}

/** All sources that can hold a target, by path. */
export function readSources(): Map<string, Source> {
  const below = (folder: string) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => posix.join(folder, name.replaceAll("\\", "/")));
  const losses = below("src/zerosiam").filter((path) => path === LOSSES || METHODS.test(path));
  return new Map([...below("src/kernels"), SHAPES, ...losses].sort().map((path) => [path, readSource(path)]));
}

function readSource(path: string): Source {
  const text = readFileSync(path, "utf8");
  const program = parse(path, text);
  const declarations = new Map<string, Node>();
  const imports = new Map<string, readonly [string, string]>();
  for (const statement of program.body as Node[]) {
    if (statement.type === "ImportDeclaration" && statement.importKind !== "type") {
      const from = posix.join(posix.dirname(path), statement.source.value).replace(/\.js$/, ".ts");
      for (const { local, imported } of statement.specifiers) imports.set(local.name, [from, imported?.name]);
    }
    const declaration: Node = statement.declaration ?? statement;
    if (declaration.type === "FunctionDeclaration") declarations.set(declaration.id.name, declaration);
    if (declaration.type === "VariableDeclaration") {
      for (const { id, init } of declaration.declarations)
        if (id.type === "Identifier" && init) declarations.set(id.name, init);
    }
  }
  return { path, text, program, declarations, imports };
}

/** The targets of the ops in `files`, each once, in order of their files and places. */
export function targetsOf(sources: ReadonlyMap<string, Source>, files: readonly string[]): Target[] {
  const found = new Map<Node, { file: string; node: Node; ops: Set<string> }>();
  for (const op of files) {
    const source = sources.get(op) as Source;
    const add = (file: string, node: Node) => {
      const target = found.get(node) ?? { file, node, ops: new Set<string>() };
      found.set(node, target);
      target.ops.add(op);
    };
    const seen = new Set<Node>();
    for (const declaration of source.declarations.values()) collect(sources, source, declaration, seen, add);
  }
  const nested = ({ file, node }: Target, all: readonly Target[]) =>
    all.some(
      (other) =>
        other.file === file && other.node !== node && other.node.start <= node.start && node.end <= other.node.end,
    );
  const targets = [...found.values()].sort((a, b) => a.file.localeCompare(b.file, "en") || a.node.start - b.node.start);
  return targets.filter((target) => !nested(target, targets));
}

/** Losses, what methods compute of a batch, and the private methods that those call. */
export function lossTargets(sources: ReadonlyMap<string, Source>): Target[] {
  return [...sources.values()].flatMap(({ path, program, declarations }) => {
    if (path === LOSSES)
      return [...declarations.values()].map((node) => ({ file: path, node, ops: new Set<string>() }));
    if (!METHODS.test(path)) return [];
    const methods = [...walk(program)].filter(({ type }) => type === "MethodDefinition");
    const found = new Set(methods.filter(({ key }) => key.name === "computeLoss"));
    for (const method of found) {
      for (const { type, property } of walk(method)) {
        if (type !== "MemberExpression" || property.type !== "PrivateIdentifier") continue;
        for (const other of methods) if (other.key.name === property.name && !other.static) found.add(other);
      }
    }
    return [...found].map((node) => ({ file: path, node, ops: new Set<string>() }));
  });
}

/** Finds the roots below `node`, which declares an op or is a preset, and the presets that it calls. */
function collect(
  sources: ReadonlyMap<string, Source>,
  source: Source,
  node: Node,
  seen: Set<Node>,
  add: (file: string, node: Node) => void,
): void {
  if (seen.has(node)) return;
  seen.add(node);
  const visit = (part: Node): void => {
    if (part.type === "ObjectPattern") return;
    const key = part.type === "Property" && !part.computed ? String(part.key.name ?? "") : "";
    if (DATA.test(key)) return;
    if (ROOTS.test(key) && !part.shorthand) {
      follow(sources, source, part, seen, add);
      return;
    }
    if (part.type === "CallExpression" && part.callee.type === "Identifier") {
      const preset = resolved(sources, source, part.callee.name);
      if (preset && hasRoots(preset.node)) collect(sources, preset.source, preset.node, seen, add);
    }
    for (const child of childrenOf(part)) visit(child);
  };
  visit(node);
}

/** Adds `node` and every declaration of the kernels that it refers to. */
function follow(
  sources: ReadonlyMap<string, Source>,
  source: Source,
  node: Node,
  seen: Set<Node>,
  add: (file: string, node: Node) => void,
): void {
  if (seen.has(node)) return;
  seen.add(node);
  add(source.path, node);
  for (const { type, name } of walk(node)) {
    const used = type === "Identifier" ? resolved(sources, source, name) : null;
    if (used && isFunction(used.node)) follow(sources, used.source, used.node, seen, add);
  }
}

const isFunction = ({ type }: Node): boolean => /Function/.test(type);

const hasRoots = (node: Node): boolean =>
  [...walk(node)].some(({ type, key, shorthand }) => type === "Property" && !shorthand && ROOTS.test(key.name ?? ""));

function resolved(
  sources: ReadonlyMap<string, Source>,
  source: Source,
  name: string,
): { source: Source; node: Node } | null {
  const [path, imported] = source.imports.get(name) ?? [source.path, name];
  const home = sources.get(path);
  const node = home?.declarations.get(imported);
  return home && node ? { source: home, node } : null;
}

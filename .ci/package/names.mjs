// Holds the published types: what a public signature mentions is exported, what is exported has a doc comment, and
// everything.ts calls every method of a tensor and makes every layer. node names.mjs, in a project that has the package.
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import ts from "typescript-5.9";

const PACKAGE = resolve("node_modules/zerosiam");
const { exports } = JSON.parse(readFileSync(`${PACKAGE}/package.json`, "utf8"));
const entries = Object.values(exports).flatMap(({ types }) => (types ? [resolve(PACKAGE, types)] : []));
const program = ts.createProgram(entries, { skipLibCheck: true, types: [], lib: ["lib.esnext.d.ts", "lib.dom.d.ts"] });
const checker = program.getTypeChecker();

const aliased = (symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol);
const exportsOf = (file) => checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file)));
const isOurs = (symbol) => symbol.declarations?.some((node) => node.getSourceFile().fileName.startsWith(PACKAGE));

/** Every exported symbol; namespaces (`nn`) are entries of their own. */
const published = new Map(entries.flatMap((file) => exportsOf(file).map((symbol) => [aliased(symbol), symbol.name])));
const problems = [];

for (const [symbol, name] of published) {
  if (symbol.flags & ts.SymbolFlags.ValueModule) continue;
  if (ts.displayPartsToString(symbol.getDocumentationComment(checker)) === "" && !isOp(symbol)) {
    problems.push(`${name} has no doc comment`);
  }
  for (const declaration of symbol.declarations ?? []) visit(declaration, name);
}

/** Looks through a declaration for names of types that no entry exports. */
function visit(node, owner) {
  if (ts.canHaveModifiers(node) && ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword))
    return;
  const reference =
    (ts.isTypeReferenceNode(node) && node.typeName) ||
    (ts.isExpressionWithTypeArguments(node) && node.expression) ||
    (ts.isImportTypeNode(node) && node.qualifier);
  if (reference) {
    const symbol = checker.getSymbolAtLocation(reference);
    const target = symbol && aliased(symbol);
    const isParameter = target && target.flags & ts.SymbolFlags.TypeParameter;
    if (target && !isParameter && isOurs(target) && !published.has(target)) {
      problems.push(`${owner} mentions ${target.name}, which no entry exports`);
    }
    if (target?.name === "Op") return; // an op's parameters are its own business
  }
  ts.forEachChild(node, (child) => visit(child, owner));
}

/** An op's declaration: its comment is its method's. */
function isOp(symbol) {
  const [node] = symbol.declarations ?? [];
  return node !== undefined && checker.getTypeOfSymbol(symbol).getProperty("samples") !== undefined;
}

const everything = readFileSync(new URL("everything.ts", import.meta.url), "utf8");
const named = (name) => [...published.keys()].find((symbol) => symbol.name === name);
const own = new Set([
  "constructor",
  "storage",
  "device",
  "disposed",
  "node",
  "requiresGrad",
  "grad",
  "size",
  "rank",
  "dtype",
]);
for (const { name } of checker.getDeclaredTypeOfSymbol(named("Tensor")).getProperties()) {
  const isOfClass = existsSync(`${PACKAGE}/docs/ops/${name}.md`) === false;
  if (!isOfClass && !own.has(name) && !everything.includes(`.${name}(`))
    problems.push(`everything.ts does not call ${name}`);
}
for (const [symbol, name] of published) {
  const isClass =
    symbol.flags & ts.SymbolFlags.Class && symbol.declarations?.[0]?.getSourceFile().fileName.includes("/nn/");
  if (
    isClass &&
    !new RegExp(`\\bnn\\.${name}\\b`).test(everything) &&
    !/^(Module|Norm|Optimizer|Parameter)$/.test(name)
  ) {
    problems.push(`everything.ts does not use nn.${name}`);
  }
}

for (const problem of new Set(problems)) console.error(problem);
console.log(`${published.size} public names, ${new Set(problems).size} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;

// Where a file decides by strings: comparisons, cases, lists, sets and tables.

const COMPARISON = "compares with";
const LIST = "lists";
export const TABLE = "keeps a table of";

/** A place that compares with strings, or lists them. */
export interface Choice {
  readonly line: number;
  readonly kind: typeof COMPARISON | typeof LIST | typeof TABLE;
  readonly strings: readonly string[];
}

/** As much of a syntax tree's node as is looked at. */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly [field: string]: unknown;
}

/**
 * The choices of a parsed program, in order. An array counts as a list where it is kept (in a variable, a set, a map) or
 * searched, not where it is passed on from within a function, nor as the expected value of a test.
 */
export function choicesIn(program: unknown, text: string): Choice[] {
  const found: Choice[] = [];
  const visit = (node: Node, kept: Kept): void => {
    const [kind, strings] = choiceAt(node, kept !== "no") ?? [];
    if (kind && strings?.length) found.push({ line: text.slice(0, node.start).split("\n").length, kind, strings });
    for (const child of childrenOf(node)) visit(child, kind === LIST ? "no" : keeps(node, child, kept));
  };
  visit(program as Node, "no");
  return found;
}

const COMPARISONS = /^[!=]==?$/;
const PARTS_OF_STRINGS = /^(startsWith|endsWith|includes|indexOf|has|get)$/;

/** What `node` decides by; `kept` where an array would be kept. */
function choiceAt(node: Node, kept: boolean): [kind: Choice["kind"], strings: string[]] | null {
  if (node.type === "BinaryExpression" && COMPARISONS.test(String(node.operator)))
    return [COMPARISON, [node.left, node.right].flatMap(stringOf)];
  if (node.type === "SwitchCase") return [COMPARISON, stringOf(node.test)];
  if (node.type === "CallExpression" && PARTS_OF_STRINGS.test(methodOf(node)))
    return [COMPARISON, (node.arguments as unknown[]).flatMap(stringOf)];
  if (node.type === "ArrayExpression" && kept) return [LIST, stringsBelow(node)];
  if (node.type === "TSUnionType")
    return [
      LIST,
      (node.types as Node[]).flatMap((type) => (type.type === "TSLiteralType" ? stringOf(type.literal) : [])),
    ];
  return node.type === "ObjectExpression" ? [TABLE, (node.properties as Node[]).flatMap(keyOf)] : null;
}

/** Whether an array would be kept or searched: in a function only as it stands, else inside objects too. */
type Kept = "no" | "as it stands" | "inside too";

/** The same at `child`, given how it is at `node`. */
function keeps(node: Node, child: Node, kept: Kept): Kept {
  if (/Function|Class/.test(node.type)) return "no";
  if (node.type === "Program") return /Variable|Export/.test(child.type) ? "inside too" : "no";
  if (node.type === "VariableDeclarator" && kept === "no") return child === node.init ? "as it stands" : "no";
  if (node.type === "NewExpression") return child === node.callee ? "no" : "inside too";
  if (node.type === "CallExpression" && child !== node.callee) return "no";
  if (node.type === "MemberExpression") return PARTS_OF_STRINGS.test(nameOf(node.property)) ? "as it stands" : "no";
  if (node.type === "ObjectExpression") return kept === "inside too" ? kept : "no";
  return /Statement/.test(node.type) ? "no" : kept;
}

function* childrenOf(node: Node): Generator<Node> {
  for (const value of Object.values(node)) {
    for (const part of Array.isArray(value) ? value : [value]) {
      if (typeof part?.type === "string") yield part;
    }
  }
}

function stringsBelow(node: Node): string[] {
  return [...stringOf(node), ...[...childrenOf(node)].flatMap(stringsBelow)];
}

/** The value of a string, or of a template without holes. */
function stringOf(node: unknown): string[] {
  const { type, value, expressions, quasis } = (node ?? {}) as Record<string, unknown>;
  if (type === "Literal" && typeof value === "string") return [value];
  if (type !== "TemplateLiteral" || (expressions as unknown[]).length > 0) return [];
  return [(quasis as { value: { cooked: string } }[])[0].value.cooked];
}

/** The name of a property that is written out: `x` alone is a variable's. */
function keyOf({ type, key, computed, shorthand }: Node): string[] {
  if (type !== "Property" || computed || shorthand) return [];
  return [nameOf(key) || stringOf(key)[0]];
}

const methodOf = ({ callee }: Node): string => nameOf((callee as Node).property);
const nameOf = (node: unknown): string => String((node as { name?: string } | undefined)?.name ?? "");

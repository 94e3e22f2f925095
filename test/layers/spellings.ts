// Where a file spells words out: its strings, regular expressions and keys, but for what a test's story says.

const TEXT = "names";
export const TABLE = "keeps a table of";

/** A string or a regular expression that is written out, or the keys of an object. */
export interface Spelling {
  readonly line: number;
  readonly kind: typeof TEXT | typeof TABLE;
  readonly texts: readonly string[];
}

/** As much of a syntax tree's node as is looked at. */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly [field: string]: unknown;
}

/**
 * The spellings of a parsed program, in order. Left out are the modules that it imports, templates with holes (texts of
 * kernels and messages), and what is told: titles, cases and expected values of tests, as far as they are plain data.
 */
export function spellingsIn(program: unknown, text: string): Spelling[] {
  const found: Spelling[] = [];
  const visit = (node: Node, told: boolean): void => {
    if (/^(Import|Export(All|Named))Declaration$/.test(node.type) && node.source) return;
    const texts = told ? [] : node.type === "ObjectExpression" ? keysOf(node) : textOf(node);
    const kind = node.type === "ObjectExpression" ? TABLE : TEXT;
    if (texts.length > 0) found.push({ line: text.slice(0, node.start).split("\n").length, kind, texts });
    for (const child of childrenOf(node)) {
      if (child !== node.key || node.computed) visit(child, tells(node, child) || (told && DATA.test(node.type)));
    }
  };
  visit(program as Node, false);
  return found;
}

/** The words of `text` that are in `names`. A text of several words is prose, unless they all are. */
export function namesIn(text: string, names: ReadonlySet<string>): string[] {
  const words = text.split(/[^A-Za-z0-9]+/).filter((word) => /[a-z]/i.test(word));
  const prose = /\s/.test(text) && words.some((word) => !names.has(word));
  return prose ? [] : words.filter((word) => names.has(word));
}

const STORY = /^(test|it|describe|expect)$/;
const DATA = /^(ArrayExpression|ObjectExpression|Property|TS\w+)$/;

/** Whether `node` is a call like `test.each(child)("title", …)` or `expect(x).not.toEqual(child)`. */
function tells(node: Node, child: Node): boolean {
  let root = node;
  while (/^(Call|Member)Expression$/.test(root.type)) root = (root.callee ?? root.object) as Node;
  return node.type === "CallExpression" && child !== node.callee && STORY.test(String(root.name));
}

function* childrenOf(node: Node): Generator<Node> {
  for (const value of Object.values(node)) {
    for (const part of Array.isArray(value) ? value : [value]) {
      if (typeof part?.type === "string") yield part;
    }
  }
}

/** The value of a string, or of a template without holes; the pattern of a regular expression, without its escapes. */
function textOf({ type, value, regex, expressions, quasis }: Node): string[] {
  if (regex) return [(regex as { pattern: string }).pattern.replace(/\\\w/g, "|")];
  if (type === "Literal" && typeof value === "string") return [value];
  if (type !== "TemplateLiteral" || (expressions as unknown[]).length > 0) return [];
  return [(quasis as { value: { cooked: string } }[])[0].value.cooked];
}

/** The keys that are written out, `x` alone too. */
function keysOf(node: Node): string[] {
  return (node.properties as Node[]).flatMap(({ type, key, computed }) => {
    if (type !== "Property" || computed) return [];
    const { name } = key as { name?: string };
    return name ? [name] : textOf(key as Node);
  });
}

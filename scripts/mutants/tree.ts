// Syntax trees as the mutation check walks them: loosely typed, without types.
import { parseSync } from "rolldown/utils";

export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  // biome-ignore lint/suspicious/noExplicitAny: fields are known by `type` alone
  readonly [field: string]: any;
}

export function parse(path: string, text: string): Node {
  const { program, errors } = parseSync(path, text);
  if (errors.length > 0) throw new SyntaxError(`${path}: ${errors[0].message}`);
  return program as unknown as Node;
}

const EXPRESSIONS_OF_TYPES = /^TS(As|Satisfies|NonNull)/;

/** The parts of `node` in order, leaving types out. */
export function* childrenOf(node: Node): Generator<Node> {
  for (const value of Object.values(node)) {
    for (const part of Array.isArray(value) ? value : [value]) {
      if (typeof part?.type !== "string") continue;
      if (!part.type.startsWith("TS") || EXPRESSIONS_OF_TYPES.test(part.type)) yield part;
    }
  }
}

/** `node` and all below it, in order; nothing below those for which `enter` is false. */
export function* walk(node: Node, enter: (node: Node) => boolean = () => true): Generator<Node> {
  if (!enter(node)) return;
  yield node;
  for (const child of childrenOf(node)) yield* walk(child, enter);
}

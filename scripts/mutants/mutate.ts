// The mutants of a piece of code: one sign, constant, comparison, branch, term or order of arguments changed in each.
import { type Node, walk } from "./tree.js";

/** `text` in the place of what stands between two offsets of the file. */
export interface Mutation {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

const OPERATORS: Readonly<Record<string, readonly string[]>> = {
  "+": ["-"],
  "-": ["+"],
  "*": ["/"],
  "/": ["*"],
  "%": ["*"],
  "**": ["*"],
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "===": ["!=="],
  "!==": ["==="],
  "&&": ["||"],
  "||": ["&&"],
};

/** Methods of tensors and their opposites. */
const METHODS: Readonly<Record<string, string>> = {
  add: "sub",
  sub: "add",
  mul: "div",
  div: "mul",
  every: "some",
  some: "every",
};
/** Functions of two arguments in any order. */
const SYMMETRIC = /^(sameShape|Math\.(min|max))$/;
/** Methods whose receiver is a mutant of the call: a dropped term, factor, sign or reduction. */
const DROPPED = /^(add|sub|mul|div|neg|sum|mean|square|sqrt|exp|log)$/;

/** All mutants of `node`, which is a part of the file `text`. Messages of errors stay: snapshots hold them. */
export function mutationsOf(node: Node, text: string): Mutation[] {
  const source = ({ start, end }: Node) => text.slice(start, end);
  const found: Mutation[] = [];
  const searched = new Set<Node>(); // arrays that are gone through once: their order means nothing
  for (const part of walk(node, (at) => !(at.type === "NewExpression" && /Error$/.test(source(at.callee))))) {
    const replace = (at: Node, by: string) => found.push({ from: at.start, to: at.end, text: by });
    const swap = (a: Node | undefined, b: Node | undefined) => {
      if (!a || !b || source(a) === source(b) || [a, b].some(isText)) return;
      found.push({ from: a.start, to: b.end, text: `${source(b)}${text.slice(a.end, b.start)}${source(a)}` });
    };
    switch (part.type) {
      case "BinaryExpression":
      case "LogicalExpression": {
        const { left, right, operator } = part;
        if (operator === "??") replace(part, `(${source(right)})`);
        if ([left, right].some(isText)) break;
        const at = text.indexOf(operator, left.end);
        for (const other of OPERATORS[operator] ?? []) found.push({ from: at, to: at + operator.length, text: other });
        break;
      }
      case "UnaryExpression":
        if (/^[-!]$/.test(part.operator)) replace(part, `(${source(part.argument)})`);
        break;
      case "Literal":
        if (isNumber(part)) replace(part, part.value === 0 ? "1" : part.value === 1 ? "0" : `${part.value + 1}`);
        if (typeof part.value === "boolean") replace(part, `${!part.value}`);
        break;
      case "ConditionalExpression":
        swap(part.consequent, part.alternate);
        break;
      case "IfStatement":
        replace(part.test, /^\{?\s*throw\b/.test(source(part.consequent)) ? "false" : `!(${source(part.test)})`);
        break;
      case "ExpressionStatement":
        if (part.expression.type === "CallExpression") replace(part, ";"); // a check, or an effect
        break;
      case "CallExpression": {
        const { callee, arguments: args } = part;
        if (!SYMMETRIC.test(source(callee))) swap(args[0], args[1]);
        if (callee.object?.type === "ArrayExpression") searched.add(callee.object);
        if (callee.type !== "MemberExpression" || callee.computed) break;
        const { object, property } = callee;
        if (METHODS[property.name]) replace(property, METHODS[property.name]);
        if (DROPPED.test(property.name)) replace(part, source(object));
        break;
      }
      case "ForOfStatement":
        searched.add(part.right);
        break;
      case "ArrayExpression":
        if (searched.has(part) || part.elements.every(isNumber)) break; // numbers are dimensions, in any order
        for (let i = 1; i < part.elements.length; i++) swap(part.elements[i - 1], part.elements[i]);
        break;
      case "Property":
      case "MethodDefinition":
        if (part.key.name === "vjp" || part.key.name === "backward") {
          for (const element of gradientsIn(part.value)) replace(element, "null");
        }
        break;
    }
  }
  return found;
}

const isNumber = (node: Node): boolean => node.type === "Literal" && typeof node.value === "number";
const isText = (node: Node): boolean =>
  node.type === "TemplateLiteral" || (node.type === "Literal" && typeof node.value === "string");

/** What a derivative returns for each input, where it writes out the list. */
function gradientsIn(vjp: Node): Node[] {
  const lists = [...walk(vjp)].flatMap(({ type, argument, body }) => {
    const result = type === "ReturnStatement" ? argument : type === "ArrowFunctionExpression" ? body : null;
    return result?.type === "ArrayExpression" ? [result as Node] : [];
  });
  return lists.flatMap(({ elements }) => elements as Node[]).filter((element) => element && element.raw !== "null");
}

// Lines for an exported name: how it is called or what it holds, with its doc comment; then those of its parts.
import type { ESTree } from "rolldown/utils";
import type { Exported } from "./exports.js";
import { docBefore, oneLine } from "./source.js";

export interface Line {
  readonly name: string;
  readonly code: string;
  readonly doc: string;
}

export interface Described extends Line {
  /** The class that it extends. */
  readonly base?: string;
  /** Of a class its public methods; of options each with all that is said of it, but of ops', whose pages have them. */
  readonly parts: readonly Line[];
}

export function describe({ name, file, text, statement }: Exported): Described {
  const slice = (node: ESTree.Span | null | undefined) => (node ? oneLine(text.slice(node.start, node.end)) : "");
  const call = ({ params, returnType }: ESTree.Function, result = slice(returnType)) =>
    `(${params.map((param) => parameter(slice(param))).join(", ")})${result}`;
  const doc = (node: ESTree.Span) => docBefore(text, node.start).replace(/ ?@(param|returns)\b.*/, "");
  const own = (code: string, parts: readonly Line[] = []) => ({
    ...{ name, code, doc: firstSentence(doc(statement)), parts },
  });
  const node = statement.declaration;
  switch (node?.type) {
    case "FunctionDeclaration":
      return own(name + call(node));
    case "ClassDeclaration": {
      const methods = node.body.body.filter(isMethod);
      const parts = methods
        .filter((part) => isPublic(part) && !doc(part).includes("@internal"))
        .map((part) => {
          const called = part.kind === "get" ? slice(part.value.returnType) : call(part.value);
          const code = `${part.static ? "static " : ""}${slice(part.key)}${called}`;
          return { name: slice(part.key), code, doc: firstSentence(doc(part)) };
        });
      const made = methods.find(({ kind }) => kind === "constructor");
      const base = slice(node.superClass);
      const code = `${node.abstract ? "abstract " : ""}class ${name}${made?.accessibility === null ? call(made.value, "") : ""}`;
      return { ...own(base ? `${code} extends ${base}` : code, parts), base };
    }
    case "TSInterfaceDeclaration": {
      const parts = node.body.body.map((part) => {
        const code = slice(part).replace(/^readonly |;$/g, "");
        return { name: /^\w+/.exec(code)?.[0] ?? code, code, doc: doc(part) };
      });
      const head = node.extends.length > 0 ? `${name} extends ${node.extends.map(slice).join(", ")}` : name;
      if (name.endsWith("Options") && !file.startsWith("src/kernels")) return own(head, parts);
      return own(`${head} { ${parts.map((part) => part.name).join(", ")} }`);
    }
    case "TSTypeAliasDeclaration":
      return own(`${name} = ${slice(node.typeAnnotation)}`);
    default:
      return own(name);
  }
}

/** `n?: number` of `n: number = 0`, `options?: T` of `{ a = 1, b }: T = {}`. */
function parameter(text: string): string {
  const bare = text.replace(/^(readonly|private|protected) /, "").replace(/^\{.*?\}(?=:)/, "options");
  return bare.replace(/^(\w+)(:.*?)? = .*$/, "$1?$2");
}

const isMethod = (part: ESTree.ClassElement): part is ESTree.MethodDefinition =>
  part.type === "MethodDefinition" || part.type === "TSAbstractMethodDefinition";

/** Iteration and disposal by symbols, which the language calls, are left out. */
const isPublic = ({ kind, key, computed, accessibility }: ESTree.MethodDefinition): boolean =>
  (kind === "method" || kind === "get") &&
  key.type !== "PrivateIdentifier" &&
  !computed &&
  !accessibility?.startsWith("pr");

const firstSentence = (doc: string): string => /^.+?\.(?=\s+[A-Z`"]|$)/.exec(doc)?.[0] ?? doc;

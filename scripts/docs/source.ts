// What the reference page takes from the text of an op's file: the method's signature and comment, its options, the formula.
import { readdirSync, readFileSync } from "node:fs";
import { parseSync, Visitor } from "rolldown/utils";

/** A property of an options type. */
export interface Member {
  readonly text: string;
  readonly doc: string;
}

export interface OpSource {
  /** `softmax(dim?: number): Tensor`; one for each overload. */
  readonly signatures: readonly string[];
  /** The method's doc comment. */
  readonly doc: string;
  /** Modules of kernels/lib that it imports. */
  readonly parts: readonly string[];
  /** The comment on its derivative. */
  readonly formula: string;
}

const FOLDER = "src/kernels";

/** Reads the file of the op `name`. */
export function opSource(name: string): OpSource {
  const text = readFileSync(`${FOLDER}/${name}.ts`, "utf8");
  const { program, module } = parseSync(`${name}.ts`, text);
  const methods: { start: number; end: number }[] = [];
  let formula = "";
  new Visitor({
    TSMethodSignature: ({ start, end }) => methods.push({ start, end }),
    Property({ key, start, end }) {
      if (key.type === "Identifier" && key.name === "vjp") formula ||= commentOn(text, start, end);
    },
  }).visit(program);
  return {
    signatures: methods.map(({ start, end }) => oneLine(text.slice(start, end)).replace(/;$/, "")),
    doc: forReaders(methods.map(({ start }) => docBefore(text, start)).find((doc) => doc) ?? ""),
    parts: module.staticImports.flatMap(
      ({ moduleRequest }) => moduleRequest.value.match(/lib\/\w+\/(\w+)\.js$/)?.[1] ?? [],
    ),
    formula,
  };
}

/** The options types of all ops by name: their members, inherited ones first. */
export function optionTypes(): ReadonlyMap<string, readonly Member[]> {
  const own = new Map<string, { bases: string[]; members: Member[] }>();
  for (const file of readdirSync(FOLDER, { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".ts")) continue;
    const text = readFileSync(`${FOLDER}/${file}`, "utf8");
    new Visitor({
      TSInterfaceDeclaration({ id, extends: bases, body }) {
        if (!id.name.endsWith("Options")) return;
        own.set(id.name, {
          bases: bases.map(({ expression }) => text.slice(expression.start, expression.end)),
          members: body.body.map(({ start, end }) => ({
            text: oneLine(text.slice(start, end)).replace(/^readonly |;$/g, ""),
            doc: docBefore(text, start),
          })),
        });
      },
    }).visit(parseSync(file, text).program);
  }
  const all = (name: string): Member[] => {
    const { bases = [], members = [] } = own.get(name) ?? {};
    return [...bases.flatMap(all), ...members];
  };
  return new Map([...own.keys()].map((name) => [name, all(name)]));
}

/** The doc comment that ends right before `at`. */
export function docBefore(text: string, at: number): string {
  const comment = text.slice(0, at).match(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*$/)?.[1] ?? "";
  return oneLine(comment.replace(/^\s*\* ?/gm, ""));
}

/** What `@internal` means to those who install the package. */
function forReaders(doc: string): string {
  return doc.replace(/ @internal$/, " For derivatives and optimisers: the published types leave it out.");
}

/** The `//` comment of a property: lines above it, or what follows it on its last line. */
function commentOn(text: string, start: number, end: number): string {
  const above = text.slice(0, start).match(/(?:^ *\/\/ .*\n)+ *$/m)?.[0] ?? "";
  const after = text.slice(end).match(/^,? *\/\/ (.*)/)?.[1] ?? "";
  return above ? oneLine(above.replace(/^ *\/\/ /gm, "")) : after;
}

export const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim();

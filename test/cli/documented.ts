// The tables of docs/formats.md as a schema: what they say of a document's fields, and where a document differs.
import { readFileSync } from "node:fs";

/** The part that every document has, for tests that have only the rest. */
export const COMMON = { format: 1, adapter: "", versions: {}, seed: 0, config: {} };

/** What may stand at a place of a document. */
interface Place {
  /** As the page words them, without "or null" and "optional". */
  types: string[];
  optional: boolean;
  readonly children: Map<string, Place>;
}

interface Row {
  readonly heading: string;
  /** Of a table with a column of them. */
  readonly commands: readonly string[];
  readonly fields: string;
  readonly type: string;
}

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  integer: (value) => Number.isSafeInteger(value),
  number: (value) => typeof value === "number",
  text: (value) => typeof value === "string",
  "true or false": (value) => typeof value === "boolean",
  null: (value) => value === null,
  anything: () => true,
};

const sections = new Map(
  readFileSync("docs/formats.md", "utf8")
    .split(/^## /m)
    .map((part) => [part.slice(0, part.indexOf("\n")), part]),
);

/** A section of the page, by its heading. */
export const sectionOf = (heading: string): string => sections.get(heading) ?? "";

function rowsOf(heading: string, section: string): Row[] {
  let commands: string[] = [];
  const lines = section.split("\n").filter((line) => /^\|.*`.*\|$/.test(line));
  return lines.map((line) => {
    const [, first, ...rest] = line.split("|").map((cell) => cell.trim());
    if (first.includes("`")) return { heading, commands: [], fields: first, type: rest[0] };
    if (first !== "") commands = first.split(", ");
    return { heading, commands, fields: rest[0], type: rest[1] };
  });
}

/** `a[].b`, `.c` are `a[].b` and `a[].c`, each as steps: a, [], b. */
function fieldsOf(cell: string): string[][] {
  let before = "";
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => {
    before = name.startsWith(".") ? before.slice(0, before.lastIndexOf(".")) + name : name;
    return before.replaceAll("[]", ".[]").split(".");
  });
}

function schemaOf(rows: readonly Row[]): Place {
  const place = (): Place => ({ types: [], optional: false, children: new Map() });
  const root = place();
  for (const { fields, type } of rows) {
    for (const steps of fieldsOf(fields)) {
      let at = root;
      for (const step of steps) {
        const next = at.children.get(step) ?? place();
        at.children.set(step, next);
        at = next;
      }
      const [named, optional] = type.split(", ");
      at.optional = optional === "optional";
      at.types.push(...(named.endsWith(" or null") ? [named.slice(0, -" or null".length), "null"] : [named]));
    }
  }
  return root;
}

/** Where a document of a command, or a line under "A cell", differs from what the page says of it. */
export function undocumented(document: unknown, what: string): string[] {
  const rows = [...sections].flatMap(([heading, section]) => rowsOf(heading, section));
  const shared = what === "A cell" ? what : "Every document";
  const own = rows.filter(({ heading, commands }) => [shared, what].includes(heading) || commands.includes(what));
  return differences(document, schemaOf(own), "");
}

const isOptional = ({ types, optional, children }: Place): boolean =>
  (types.length === 0 || optional) && [...children.values()].every(isOptional);

function differences(value: unknown, { types, children }: Place, path: string): string[] {
  if (types.some((type) => TYPES[type](value))) return [];
  const list = children.get("[]");
  if (list && Array.isArray(value)) return value.flatMap((one, i) => differences(one, list, `${path}[${i}]`));
  if (list || children.size === 0 || typeof value !== "object" || value === null || Array.isArray(value)) {
    return [`${path}: ${JSON.stringify(value)} is not ${types.join(" or ") || (list ? "a list" : "an object")}`];
  }
  const missing = [...children].filter(([name, child]) => name !== "*" && !(name in value) && !isOptional(child));
  return [
    ...missing.map(([name]) => `${path}.${name}: missing`),
    ...Object.entries(value).flatMap(([name, one]) => {
      const child = children.get(name) ?? children.get("*");
      return child ? differences(one, child, `${path}.${name}`) : [`${path}.${name}: not on the page`];
    }),
  ];
}

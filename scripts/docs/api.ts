// The page of all public names by area, docs/api.md: from the sources' declarations, their doc comments and the registries.
import * as zerosiam from "../../src/index.js";
import { type Described, describe, type Line } from "./describe.js";
import { exportsOf } from "./exports.js";

/** A name's area is the first whose pattern meets its file; the entry has all names of the area. */
const AREAS: readonly (readonly [title: string, files: RegExp, entry: string])[] = [
  ["Tensors", /^src\/tensor\/(create|tensor|shape|dtype|run|storage)/, "zerosiam"],
  ["Memory", /^src\/tensor\/(scope|memory)/, "zerosiam"],
  ["Gradients", /^src\/tensor\/autograd/, "zerosiam"],
  ["Random numbers", /^src\/tensor\/rng/, "zerosiam"],
  ["Device", /^src\/tensor\/(device|current)/, "zerosiam"],
  ["Errors", /^src\/tensor\/errors/, "zerosiam"],
  ["Layers and modules", /^src\/nn\/(layers|module|parameter|init)/, "zerosiam/nn"],
  ["Optimisers", /^src\/nn\/optim/, "zerosiam/nn"],
  ["Models", /^src\/nn\/models/, "zerosiam/nn"],
  ["Files", /^src\/nn/, "zerosiam/nn"],
  ["Methods", /^src\/zerosiam\/(methods|zerosiam|predictor|losses)/, "zerosiam"],
  ["Alarm and guard", /^src\/zerosiam/, "zerosiam"],
  ["Images and streams", /^src\/data\/(?!corruptions)/, "zerosiam"],
  ["Corruptions", /^src\/data/, "zerosiam"],
  ["Scenarios and runs", /^src\/experiments\/(scenarios|runner)/, "zerosiam"],
  ["Metrics", /^src\/experiments/, "zerosiam"],
  ["Declaring ops", /^src\/(kernels|tensor\/op)/, "zerosiam/kernels"],
];

const ENTRIES = ["src/index.ts", "src/nn/index.ts", "src/kernels/index.ts"];

interface Entry extends Described {
  readonly file: string;
}

/** Every public name but those of ops. A method of which nothing is said is said by an overload or the class's base, or stays. */
export function publicNames(): readonly Entry[] {
  const described = new Map(
    ENTRIES.flatMap(exportsOf).map((one) => [`${one.file} ${one.name}`, { ...describe(one), file: one.file }]),
  );
  const all = [...described.values()];
  const saidBy = (name: string | undefined, part: Line): boolean => {
    const found = all.find((one) => one.name === name);
    if (!found) return false;
    return found.parts.some((other) => other.name === part.name && other.doc !== "") || saidBy(found.base, part);
  };
  const shown = (one: Entry) => one.parts.filter((part) => part.doc !== "" || !saidBy(one.name, part));
  return all.map((one) => ({ ...one, parts: shown(one) }));
}

/** The text of docs/api.md. */
export function apiPage(): string {
  const areas = new Map(AREAS.map(([title, , entry]) => [title, [`## ${title}\n\nFrom \`${entry}\`.\n`]]));
  for (const entry of publicNames()) {
    const [title] = AREAS.find(([, files]) => files.test(entry.file)) ?? [];
    if (!title) throw new Error(`${entry.file} belongs to no area of docs/api.md`);
    areas.get(title)?.push(...linesOf(entry));
  }
  return `${HEAD}\n\n${[...areas.values()].map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

const HEAD = `# API

Every public name by area, with its place and the first sentence of its doc comment: shapes, units and errors are in the comments, which editors show; written by \`npm run docs\`. Names of \`zerosiam/nn\` are also in \`zerosiam\`'s \`nn\`; \`loadDigitsModel\`, \`loadModel\`, \`MODELS\`, \`modelEntry\` and \`registerModel\` in \`zerosiam\` itself. The smaller entries \`zerosiam/tensor\`, \`zerosiam/zerosiam\`, \`zerosiam/data\` and \`zerosiam/experiments\` have the names of the folders in \`src\`. Ops, which are methods of \`Tensor\`, and their options: [a page each](ops.md).`;

const VALUES: Readonly<Record<string, unknown>> = { ...zerosiam.nn, ...zerosiam };

function linesOf({ file, code, doc, name, parts }: Entry): string[] {
  const known = knownBy(VALUES[name]);
  const names = known.length > 0 ? ` ${known.map(([one]) => `\`${one}\``).join(", ")}.` : "";
  const inner = parts.map((part) => `  - \`${part.code}\`: ${part.doc}`);
  const about = known.flatMap(([one, said]) => (said ? [`  - \`${one}\`: ${said}`] : []));
  return [`- [\`${code}\`](../${file}): ${doc}${about.length > 0 ? "" : names}`, ...inner, ...about];
}

/** What a registry knows, a list of names or an object of things by their names, and what is said of each. */
function knownBy(value: unknown): (readonly [name: string, doc?: string | undefined])[] {
  if (Array.isArray(value)) return value.map((name) => [String(name)]);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).map(([name, thing]) => [name, (thing as { doc?: string } | null)?.doc]);
}

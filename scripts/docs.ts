// Writes the reference of all ops from their declarations (docs/ops.md, and a page for each in docs/ops), the page of all
// public names (docs/api.md), and the file that docs/adding-an-op.md shows: npm run docs. A test checks that they are current.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { OPS } from "../src/kernels/index.js";
import { DTYPES, type DType } from "../src/tensor/dtype.js";
import type { AnyOp, ErrorSample, Sample, TensorInfo, Tolerance } from "../src/tensor/op.js";
import { formatShape } from "../src/tensor/shape.js";
import { thrownBy } from "../test/ops/lib/refusal.js";
import { describeSample, hostInputs } from "../test/ops/lib/samples.js";
import { callOf } from "../test/ops/lib/scaled.js";
import { apiPage } from "./docs/api.js";
import { differentiability } from "./docs/gradient.js";
import { kernelUses } from "./docs/kernels.js";
import { type Member, type OpSource, opSource, optionTypes } from "./docs/source.js";
import { exampleOf, wgslSection } from "./docs/wgsl.js";

const API = "docs/api.md";
const CONTENTS = "docs/ops.md";
const PAGES = "docs/ops";
const GUIDE = "docs/adding-an-op.md";

/** Chapters by what an op is made of: the first whose pattern meets a part of kernels/lib that the op imports, or its line. */
const CHAPTERS: readonly (readonly [title: string, belongs: (parts: string, doc: string) => boolean])[] = [
  ["Gradients of other ops", (_, doc) => /\bgradients? of\b/.test(doc)],
  ["Steps of optimisers", (parts) => /\bupdate\b/.test(parts)],
  ["Random numbers", (parts) => /\brandom\b/.test(parts)],
  ["Softmax, entropies and losses", (parts) => /\b(classLoss|rowwise)\b/.test(parts)],
  ["Normalisation", (parts) => /\b(normTolerance|channelNorm)\b/.test(parts)],
  ["Images", (parts) => /\b(convolution|pool|adaptive)\b/.test(parts)],
  ["Products", (parts) => /\bproduct\b/.test(parts)],
  ["Reductions", (parts) => /\b(reduction|extremum|reduceKernels)\b/.test(parts)],
  ["Comparisons", (parts) => /\bcomparison\b/.test(parts)],
  ["Elementwise", (parts) => /\belementwise\b/.test(parts)],
  ["Shapes, indices and the graph", () => true],
];

/** The text of each page, by its path: the API, the contents of ops, and every op. */
export function pages(): ReadonlyMap<string, string> {
  const options = optionTypes();
  const ops = [...OPS].sort((a, b) => a.name.localeCompare(b.name, "en"));
  const entries = ops.map((op) => ({ op, source: opSource(op.name) }));
  const opPages = entries.map(({ op, source }): [string, string] => [pathOf(op), opPage(op, source, options)]);
  return new Map([[API, apiPage()], [CONTENTS, contentsPage(entries)], ...opPages]);
}

const pathOf = ({ name }: AnyOp): string => `${PAGES}/${name}.md`;

function contentsPage(entries: readonly { op: AnyOp; source: OpSource }[]): string {
  const chapters = new Map(CHAPTERS.map(([title]) => [title, [] as AnyOp[]]));
  for (const { op, source } of entries) {
    const parts = source.parts.join(" ");
    const [title] = CHAPTERS.find(([, belongs]) => belongs(parts, op.doc)) ?? CHAPTERS[0];
    chapters.get(title)?.push(op);
  }
  const bodies = [...chapters]
    .reverse()
    .filter(([, list]) => list.length > 0)
    .map(([title, list]) => {
      const rows = list.map((op) => `| [${op.name}](ops/${op.name}.md) | ${op.doc.replaceAll("|", "\\|")} |`);
      return `## ${title}\n\n| op | what it gives |\n|---|---|\n${rows.join("\n")}`;
    });
  return `${HEAD}\n\n${bodies.join("\n\n")}\n`;
}

const HEAD = `# Ops

Every operation, from its declaration in \`src/kernels\`; written by \`npm run docs\`. Each is a method of \`Tensor\`: on its page \`x\` stands for the first input, and numbers may stand for tensors: as scalars of the dtype of the first tensor that is not bool, DTypeError where i32 or u32 cannot hold them. How to add one: [adding-an-op.md](adding-an-op.md).

A page has the call, an example, what is refused, and the whole WGSL that the example runs on each class of adapter. *Tolerance* is how far a kernel may be from the op's float64 reference at the example: \`n\` units in the last place (ULP) of the result, plus an absolute part where results cancel. *Gradient* names the inputs that have one; *twice* says whether gradients of gradients can be taken.`;

function opPage(op: AnyOp, source: OpSource, options: ReadonlyMap<string, readonly Member[]>): string {
  const file = `src/kernels/${op.name}.ts`;
  const self = op.inputs[0].replace("...", "").replace("xs", "x");
  const parts = [
    `# ${op.name}`,
    `${op.doc} · [${file}](../../${file}) · [all ops](../ops.md)`,
    `\`\`\`ts\n${source.signatures.map((signature) => `${self}.${signature}`).join("\n")}\n\`\`\``,
    source.doc,
    optionList(source, options),
    facts(op, source),
    refusals(op),
    op.kernels ? wgslSection(op) : "",
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function optionList({ signatures }: OpSource, options: ReadonlyMap<string, readonly Member[]>): string {
  const named = new Set(signatures.join().match(/\b\w+Options\b/g));
  const members = [...named].flatMap((name) => options.get(name) ?? []);
  return members.map(({ text, doc }) => `- \`${text}\`${doc && `: ${doc}`}`).join("\n");
}

function facts(op: AnyOp, source: OpSource): string {
  const sample = exampleOf(op);
  const infos = hostInputs(op, sample, 0);
  const params = op.params?.(infos, ...(sample.args ?? []));
  const results = op.infer(infos, params).map(formatInfo);
  const derivative = differentiability(op, sample, infos);
  const rows = [
    ["inputs", inputTypes(op)],
    ["example", `${code(describeSample(sample))} → ${code(results.join(", "))}`],
    ["gradient", gradientText(op, derivative, source.formula)],
    ["tolerance", toleranceText(op.tolerance(infos, params))],
    ["kernels", kernelText(op)],
  ];
  return ["| | |", "|---|---|", ...rows.map(([name, text]) => `| ${name} | ${text.replaceAll("|", "\\|")} |`)].join(
    "\n",
  );
}

/** Each input with the dtypes that the shape rule takes for it, in one of the samples' shapes. */
function inputTypes(op: AnyOp): string {
  const types = (i: number) => DTYPES.filter((dtype) => op.samples.some((sample) => takes(op, sample, i, dtype)));
  return op.inputs.map((name, i) => `${code(name)} ${types(i).join(" or ")}`).join(", ");
}

/** Whether input `i` may be of `dtype`: alone, or with all inputs that have its dtype in the sample. */
function takes(op: AnyOp, sample: Sample, i: number, dtype: DType): boolean {
  const infos = hostInputs(op, sample, 0);
  const changed = (change: (t: TensorInfo, k: number) => boolean) =>
    infos.map((t, k) => t && (change(t, k) ? { ...t, dtype } : t));
  const calls = [changed((_, k) => k === i), changed((t) => t.dtype === infos[i]?.dtype)];
  return Boolean(infos[i]) && calls.some((inputs) => callOf(op, inputs, sample.args ?? []));
}

function gradientText(op: AnyOp, derivative: ReturnType<typeof differentiability>, formula: string): string {
  if (op.stops) return "stops here";
  if (!derivative || derivative.by.length === 0) return "none";
  const by = `by ${derivative.by.map(code).join(", ")}${formula && ` (${formula.replace(/\.$/, "")})`}`;
  return `${by}; twice: ${derivative.twice ? "yes" : "no"}`;
}

function toleranceText({ ulp, abs }: Tolerance): string {
  const parts = [...(ulp > 0 ? [`${ulp} ULP`] : []), ...(abs > 0 ? [abs.toPrecision(2)] : [])];
  return parts.join(" + ") || "exact";
}

function kernelText(op: AnyOp): string {
  const uses = kernelUses(op).map(({ label, about, on, subgroups }) => {
    const where = on.length > 0 ? ` on ${on.join(", ")}` : subgroups ? " with subgroups where there are any" : "";
    return `${code(label)}${where}: ${about}`;
  });
  return uses.join("<br>") || "none: a view of its input";
}

function refusals(op: AnyOp): string {
  const line = (sample: ErrorSample) =>
    `- ${code(describeSample(sample))}: ${sample.throws}, “${thrownBy(op, sample)?.message.split("\n")[0]}”`;
  return op.errors?.length ? `Refuses:\n${op.errors.map(line).join("\n")}` : "";
}

const formatInfo = ({ dtype, shape }: TensorInfo): string => `${dtype}${formatShape(shape)}`;
const code = (text: string): string => `\`${text}\``;

/** The guide with the op's file, which it names between the marks, as it is now. */
export function filledGuide(guide: string): string {
  return guide.replace(/(<!-- (\w+): npm run docs -->\n)[\s\S]*(?=<!-- \/\2 -->)/, (_, mark: string, name: string) => {
    return `${mark}\`\`\`ts\n${readFileSync(`src/kernels/${name}.ts`, "utf8")}\`\`\`\n`;
  });
}

if (process.argv[2] === "--write") {
  rmSync(PAGES, { recursive: true, force: true });
  mkdirSync(PAGES);
  for (const [path, text] of pages()) writeFileSync(path, text);
  writeFileSync(GUIDE, filledGuide(readFileSync(GUIDE, "utf8")));
}

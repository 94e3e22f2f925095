// Fills the README's generated parts (example, results, reading order) and writes docs/results.md: npm run readme.
// A test checks that they are current.
import { readFileSync, writeFileSync } from "node:fs";
import type { Cell } from "../src/experiments/sweep/cell.js";
import { parseCell } from "../src/experiments/sweep/line.js";
import { reproductionOf } from "../src/report/reproduction.js";
import { toMarkdown } from "../src/report/text/markdown.js";

/** What `npm run reproduce` left. */
const CELLS = "bench/results/reproduce-lavapipe-0.1.0.jsonl";
/** The page of all its tables, and those that the README shows. */
const PAGE = "docs/results.md";
const SHOWN = ["published", "one", "claim", "safe-ranges"];

/** A way through the source, the method first, then what it runs on, downwards: file, and what to look for. */
export const READING: readonly (readonly [file: string, what: string])[] = [
  ["src/zerosiam/zerosiam.ts", "the method: one backbone pass, two branches, one stop-gradient"],
  ["src/zerosiam/methods/tent.ts", "what it is compared with; read the two side by side"],
  ["src/zerosiam/predictor.ts", "the map that makes the branches differ, and its alternatives"],
  ["src/zerosiam/losses.ts", "objectives and divergences, with their formulas"],
  ["src/zerosiam/methods/batchLoss.ts", "what a method makes of a batch"],
  ["src/zerosiam/methods/selection.ts", "choosing samples by masks and weights"],
  ["src/zerosiam/methods/method.ts", "what methods share: a step, which bad batches cannot harm, and the way back"],
  ["src/zerosiam/methods/configure.ts", "what of a model adapts: its normalisation layers"],
  ["src/zerosiam/methods/adaptationOptions.ts", "what all of them take, and what is refused"],
  ["src/zerosiam/methods/state.ts", "what adaptation changes, and where it began"],
  ["src/nn/history.ts", "snapshots by reference, for `rollback`"],
  ["src/zerosiam/methods/stepMetrics.ts", "what a step measured, on the device until it is read"],
  ["src/zerosiam/methods/warnings.ts", "what a run will not survive well, said once"],
  ["src/nn/hold.ts", "one method at a time for a model"],
  ["src/zerosiam/methods/checkModel.ts", "what a model must have, told by name"],
  ["src/nn/models/classifier.ts", "backbone and head: what a method asks of a model"],
  ["src/nn/optim/sgd.ts", "the update, of every parameter one kernel"],
  ["src/tensor/op.ts", "what an op is: one declaration, from which all else is generated"],
  ["src/kernels/softmax.ts", "an op from a preset: formula, reference, derivative"],
  ["src/kernels/lib/rows/softmaxPasses.ts", "its passes over a row, in WGSL"],
  ["src/kernels/lib/rows/rowKernel.ts", "the kernel that makes them"],
  ["src/kernels/lib/text/floats.ts", "e^x and its kin, right at NaN and infinities on every driver"],
  ["src/kernels/stopGradient.ts", "the asymmetry, as an op without a kernel"],
  ["src/kernels/matmul.ts", "an op in full: shape rule, kernel variants, cost"],
  ["src/tensor/run.ts", "from a call to launches"],
  ["src/tensor/autograd/graph.ts", "nodes, edges and the memory they hold"],
  ["src/tensor/autograd/backward.ts", "the backward pass"],
  ["src/tensor/device/encoder.ts", "one encoder, one uniform upload, when to submit"],
];

/** Of a file named from the root of the clone, where npm starts scripts and tests. */
const read = (file: string): string => readFileSync(file, "utf8");

/** `readme` with its generated parts made anew from the sources. */
export function filled(readme: string): string {
  const lines = READING.map(
    ([file, what]) => `| [${file}](${file}) | ${read(file).trimEnd().split("\n").length} | ${what} |`,
  );
  const table = ["| file | lines | what to look for |", "|---|---|---|", ...lines].join("\n");
  const example = read("examples/adapt.ts").trim();
  const tables = resultTables(readCells());
  const results = SHOWN.map((name) => tables[name])
    .join("\n")
    .trimEnd();
  const parts = { example: `\`\`\`ts\n${example}\n\`\`\``, results, reading: table };
  return Object.entries(parts).reduce((text, [name, content]) => replace(text, name, content), readme);
}

/** The text of docs/results.md. */
export function resultsPage(): string {
  return `${HEAD}\n\n${Object.values(resultTables(readCells())).join("\n")}`;
}

const HEAD = `# Results

Every table of the reproduction, from [its cells](../${CELLS}); written by \`npm run readme\`. The [protocol](decisions.md#the-protocol-of-the-reproduction) was fixed before the test part was looked at; [findings.md](findings.md) says what the figures mean and what they do not.`;

function readCells(): Cell[] {
  return read(CELLS)
    .trimEnd()
    .split("\n")
    .map((line, i) => parseCell(line, `${CELLS}:${i + 1}`));
}

/** The reproduction's tables as Markdown, by name, of as many seeds as there are. */
export function resultTables(cells: readonly Cell[]): Record<string, string> {
  const seeds = new Set(cells.map(({ setting }) => setting.seed)).size;
  const { tables } = reproductionOf(cells, { seeds });
  return Object.fromEntries(Object.entries(tables).map(([name, table]) => [name, toMarkdown(table)]));
}

function replace(text: string, name: string, content: string): string {
  const [start, end] = [`<!-- ${name}: npm run readme -->`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`README.md: no part between ${start} and ${end}`);
  return `${text.slice(0, from + start.length)}\n${content}\n${text.slice(to)}`;
}

if (process.argv[2] === "--write") {
  writeFileSync("README.md", filled(read("README.md")));
  writeFileSync(PAGE, resultsPage());
}

// The text of docs/accuracy.md, from what was measured: the same bytes for the same figures.
import type { ComparedRun } from "../../bench/peers/accuracy/run.js";
import { WGSL_ACCURACY } from "./allowance.js";
import { grid } from "./grid.js";
import { peersSection } from "./peers.js";
import { type Measured, type OpRow, storedComparisons, storedRuns } from "./results.js";

/** The text of docs/accuracy.md, of what is stored. */
export const storedPage = (): string => accuracyPage(storedRuns(), storedComparisons());

/** The document, of one run on each driver over the same ops, and the comparisons with other libraries. */
export function accuracyPage(runs: readonly Measured[], comparisons: readonly ComparedRun[]): string {
  const names = runs[0].rows.map(({ op }) => op).sort((a, b) => a.localeCompare(b, "en"));
  const found = names.map((name) => runs.map(({ rows }) => rows.find(({ op }) => op === name) as OpRow));
  const isExact = ([{ promise }]: readonly OpRow[]) => promise.ulp[1] === 0 && promise.abs[1] === 0;
  const rounded = found.filter((rows) => !isExact(rows));
  const drivers = runs.map(({ driver }) => driver);
  return `${[
    HEAD,
    `${runs.map(describeRun).join("\n")}`,
    "## What is counted",
    COUNTED,
    "## What WGSL allows",
    "What a driver may do with the built-ins that kernels use, or would use if functions of ours did not stand in for them (marked *ours* below). `+`, `−` and `×` are correctly rounded, to either neighbour: within 1 ULP.",
    allowances(found.flat()),
    "## Ops of single elements",
    table(
      rounded.filter(([{ unit }]) => unit === "result"),
      drivers,
      (row) => (row.ulp === 0 ? ["0", ""] : [ulps(row.ulp), `\`${row.at}\``]),
      "worst ULP",
    ),
    "## Ops with an absolute bound",
    "Sums, and functions that go through zero: ULP of the largest result of the call, and the part used of what is promised for that element.",
    table(
      rounded.filter(([{ unit }]) => unit === "largest"),
      drivers,
      (row) => [`${ulps(row.ulp)}, ${percent(row.share)}`, `\`${row.at}\``],
      "worst ULP, part of the promise",
    ),
    "## Exact ops",
    `Equal to the reference rounded to f32, bit for bit, on each driver: ${found
      .filter(isExact)
      .map((rows) => `${rows[0].op}${rows.every(({ ulp }) => ulp === 0) ? "" : " (**broken**)"}`)
      .join(", ")}.`,
    "## Beside other libraries",
    BESIDE,
    ...comparisons.map(peersSection),
  ].join("\n\n")}\n`;
}

const HEAD = `# Accuracy

How far each op's results are from its float64 reference at most, beside what the op promises and what WGSL allows. Written by \`npm run accuracy\` from runs on software adapters; no GPU is among them, and a GPU may use more of what WGSL allows. \`npm run accuracy -- --quick\` checks the promises on the adapter at hand in seconds, \`npm run accuracy -- --adapter NAME\` measures any other.`;

const COUNTED = `- **ULP**: |got − want| over the distance of the two f32 around the exact result, not over its rounded value: ½ is perfect. Results in ULP of their own size are those of ops whose every result depends on one element of each input.
- **Promise**: \`n\` ULP of each result, plus an absolute part where terms cancel. Tests hold every op to it; for sums it grows with their length, and holds for inputs of order 1.
- **Near zero and subnormals**: WGSL lets a driver flush them. An error up to 2⁻¹²⁶ is none; with subnormal inputs the result for 0 is right too. Absolute parts below 2⁻¹⁰⁰ are for products of what was flushed.
- **Overflow and NaN**: what overflows counts as 2¹²⁸; a NaN too many or too few is an infinite error.
- **Samples**: the number of elements above for each op, and its edges beside them; seeded. Ops of single elements: half over all exponents of f32, half between 2⁻¹⁰ and 2¹¹, both signs, one in eight whole; every other pair of operands of like size; and all combinations of ${"NaN, the infinities, zeros, subnormals, the largest numbers and 20 special points"}. Others: the samples of the op's declaration, drawn four times, then larger calls, of side lengths up to 1024. Where an op says in which interval it keeps its promise, inputs are from there.`;

const BESIDE = `Written by \`npm run accuracy -- --peers\`: the golden cases of \`test/fixtures/ops\` (PyTorch in float64) for which a library has a function, with its gradients, on the same adapter with the same inputs. Gradients are those of Σ y·g. The figures cannot tell below ½ ULP, since the golden results are stored as f32; where exact results all but cancel, as in the gradient of a softmax near 0 and 1, every library's are large. *Failed* cases are listed below the table.

Edges are NaN, the infinities, zeros and large, small and medium numbers, for two operands all pairs, for rows a NaN, infinities and values near 10⁴. *Wrong* is off by more than a thousandth, or infinite for a number.`;

function describeRun({ adapter, driver, versions, config }: Measured): string {
  return `- **${driver}**: ${adapter} (${versions.driver}), webgpu ${versions.webgpu}, ${config.samples.toLocaleString("en")} elements of each op`;
}

/** The entries of WGSL's table that some op uses. */
function allowances(rows: readonly OpRow[]): string {
  const used = new Set(rows.flatMap(({ uses }) => [...uses.builtIns, ...uses.replaced]));
  const lines = Object.entries(WGSL_ACCURACY).filter(([name]) => used.has(name));
  return grid([["WGSL", "f32 accuracy"], ...lines.map(([name, what]) => [`\`${name}\``, what])]);
}

function table(
  ops: readonly (readonly OpRow[])[],
  drivers: readonly string[],
  cells: (row: OpRow) => readonly [worst: string, at: string],
  what: string,
): string {
  const head = ["op", "promise", "WGSL's allowance", ...drivers.flatMap((driver) => [`${driver}: ${what}`, "at"])];
  const lines = ops.map((rows) => [rows[0].op, promise(rows), allowance(rows[0]), ...rows.flatMap(cells)]);
  return grid([head, ...lines]);
}

/** What WGSL allows the built-ins of the op's kernels, and those that functions of ours replace. */
function allowance({ uses: { builtIns, replaced } }: OpRow): string {
  const all = [...builtIns.map((name) => [name, ""]), ...replaced.map((name) => [name, " (*ours*)"])];
  if (all.length === 0) return "1 ULP for each + − ×";
  return all.map(([name, ours]) => `\`${name}\`${ours}: ${WGSL_ACCURACY[name]}`).join("; ");
}

function promise(rows: readonly OpRow[]): string {
  const span = (key: "ulp" | "abs", text: (x: number) => string) => {
    const values = rows.flatMap((row) => row.promise[key]);
    const [least, most] = [Math.min(...values), Math.max(...values)];
    if (most === 0) return "";
    return least === most ? text(most) : `${text(least)} to ${text(most)}`;
  };
  const parts = [span("ulp", (x) => `${x}`), span("abs", absolute)];
  return [parts[0] && `${parts[0]} ULP`, parts[1]].filter(Boolean).join(" + ");
}

const DIGITS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** `2⁻²³`, or two digits. */
function absolute(x: number): string {
  if (x === 0) return "0";
  const exponent = Math.log2(x);
  if (!Number.isInteger(exponent)) return x.toExponential(1);
  return `2${exponent < 0 ? "⁻" : ""}${[...String(Math.abs(exponent))].map((d) => DIGITS[Number(d)]).join("")}`;
}

const ulps = (x: number | null): string => (x === null ? "**infinite**" : String(Number(x.toPrecision(3))));
const percent = (x: number | null): string => (x === null ? "**infinite**" : `${Math.round(100 * x)} %`);

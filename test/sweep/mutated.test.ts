// Lines of results with one value changed: refused where they are read, or reported to the end; never half a report.
import { expect, it } from "vitest";
import { parseCell } from "../../src/experiments/sweep/line.js";
import { mergeResults } from "../../src/experiments/sweep/merge.js";
import type { Finished } from "../../src/experiments/sweep/results.js";
import { chooseGroups, nameVariants } from "../../src/report/choose.js";
import { groupCells } from "../../src/report/group.js";
import { renderReport } from "../../src/report/html.js";
import { overviewReport, streamReport } from "../../src/report/sweepReport.js";
import { accuracyTable, settingsTable } from "../../src/report/text/cellTables.js";
import { toCsv } from "../../src/report/text/csv.js";
import { toLatex } from "../../src/report/text/latex.js";
import { toMarkdown } from "../../src/report/text/markdown.js";
import { streamTables } from "../../src/report/text/streamTables.js";
import { CheckpointError, ConfigError } from "../../src/tensor/errors.js";
import { sampleCells } from "../report/cells.js";

const ODD: readonly unknown[] = [
  ...[null, -1, 7.5, 1e300, 2 ** 53, "0.7", "NaN", "../x", true],
  ...[[], {}, [null], [[[]]], { a: { a: {} } }],
];
/** Names that every object has. */
const NAMES = ["__proto__", "toString"];
const CELLS = sampleCells().map((cell): Finished => ({ ...cell, adapter: "a", inputs: "b" }));

/** `value` with one of its parts, at any depth, replaced by an odd one, left out, or under another name. */
function* changed(value: unknown): Generator<unknown> {
  yield* ODD;
  if (typeof value !== "object" || value === null) return;
  for (const key of Object.keys(value)) {
    const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
    delete copy[key];
    yield Array.isArray(copy) ? copy.filter(() => true) : copy;
    const part = (value as Record<string, unknown>)[key];
    if (!Array.isArray(value))
      for (const name of NAMES) yield Object.fromEntries([...Object.entries(copy), [name, part]]);
    for (const other of changed(part)) {
      yield Object.assign(Array.isArray(value) ? [...value] : { ...value }, { [key]: other });
    }
  }
}

/** All that `merge` and `report` make of cells. */
function report(cells: Finished[]): string {
  const groups = nameVariants(groupCells(mergeResults([{ path: "f", cells }])));
  const chosen = chooseGroups(groups);
  const tables = [accuracyTable(chosen, "c"), settingsTable(groups, "c"), ...Object.values(streamTables(chosen, "w"))];
  const facts = { command: "c", created: "2025", interrupted: false, adapter: "a", versions: {}, config: {} };
  const all = { ...facts, classes: ["0", "1"] };
  const client = { script: "", style: "" };
  const pages = [overviewReport(all, chosen, groups), streamReport(all, chosen)];
  return [
    ...tables.flatMap((table) => [toMarkdown(table), toCsv(table), toLatex(table)]),
    ...pages.map((page) => renderReport(page, client)),
  ].join("\n");
}

it("every change of a cell is refused where it is read, or makes a whole report without absurd figures", () => {
  const [first, ...rest] = CELLS;
  const curves = {
    phase: "stream",
    rows: [{ step: 1, n: 10, accuracy: 0.5, entropy: 1, logitNorm: 2, dominantShare: null }],
    ...{ classShare: [[0.5, 0.5]], labelShare: [[0.5, 0.5]] },
  };
  const drawn = { format: 1, ...first, result: { ...first.result, curves } };
  const lines = [...changed(drawn)].map((cell) => JSON.stringify(cell));
  expect(lines.length).toBeGreaterThan(700);
  let refused = 0;
  let reported = 0;
  for (const line of lines) {
    try {
      const text = report([parseCell(line, "f:1"), ...rest]);
      expect(text, line).not.toContain("750");
      reported++;
    } catch (error) {
      if (!(error instanceof CheckpointError || error instanceof ConfigError)) throw new Error(line, { cause: error });
      refused++;
    }
  }
  expect(Math.min(refused, reported)).toBeGreaterThan(50);
});

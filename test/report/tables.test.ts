// Tables of a sweep: what they say, and that Markdown, CSV and LaTeX say it whatever the names are.
import { describe, expect, it } from "vitest";
import { groupCells } from "../../src/report/group.js";
import {
  accuracyTable,
  corruptionTable,
  differenceTable,
  forgettingTable,
  metricsTable,
  safeRangeTable,
} from "../../src/report/text/cellTables.js";
import { toCsv } from "../../src/report/text/csv.js";
import { toLatex } from "../../src/report/text/latex.js";
import { toMarkdown } from "../../src/report/text/markdown.js";
import { type Entry, entryText, type Table } from "../../src/report/text/table.js";
import { ConfigError } from "../../src/tensor/errors.js";
import { cell, returnCell, sampleCells, sweptCells } from "./cells.js";

const groups = groupCells(sampleCells());
const text = (table: Table): string[][] => table.rows.map((row) => row.map((entry) => entryText(entry)));
const bold = (table: Table): boolean[][] =>
  table.rows.map((row) => row.map((entry) => typeof entry === "object" && entry?.best === true));

describe("the tables of a sweep", () => {
  it("give accuracy over seeds by method and stream, the best of each stream bold", () => {
    const table = accuracyTable(groups, "x");
    expect(table.head).toEqual(["method", "mixed", "class-ordered"]);
    // Two seeds that differ by two points: s = √2, t₁ = 12.7062, so ± 12.7.
    expect(text(table)).toEqual([
      ["Source", "61.0 ± 12.7", "61.0 ± 12.7"],
      ["Tent", "62.0 ± 12.7", "15.0 ± 63.5"],
      ["ZeroSiam", "65.0 ± 12.7", "64.0 ± 12.7"],
    ]);
    expect(bold(table)).toEqual([
      [false, false, false],
      [false, false, false],
      [false, true, true],
    ]);
  });

  it("compare methods on the same seeds", () => {
    // ZeroSiam gains 4 points on both seeds of the mixed stream: no spread is left, though each method has one.
    expect(text(differenceTable(groups, "source", "x"))).toEqual([
      ["Tent", "1.0 ± 0.0", "−46.0 ± 76.2"],
      ["ZeroSiam", "4.0 ± 0.0", "3.0 ± 25.4"],
    ]);
  });

  it("compare on the seeds that both have, where a run is missing", () => {
    const without = (method: string, seed: number): Table => {
      const cells = sampleCells().filter(({ setting }) => setting.method !== method || setting.seed !== seed);
      return differenceTable(groupCells(cells), "source", "x");
    };
    expect(text(without("tent", 0))[0]).toEqual(["Tent", "1.0", "−52.0"]);
    expect(text(without("source", 1))[0]).toEqual(["Tent", "1.0", "−40.0"]);
  });

  it("list every metric with the source's dominant share and cost beside it", () => {
    const table = metricsTable(
      groups.filter(({ setting }) => setting.stream === "mixed"),
      "x",
    );
    const row = Object.fromEntries(table.head.map((name, i) => [name, text(table)[2][i]]));
    expect(row).toMatchObject({ "dominant share": "90.0 ± 0.0", "source’s dominant share": "30.0 ± 0.0" });
    expect(row).toMatchObject({ ECE: "10.0 ± 0.0", "× source": "3" });
    expect(row).not.toHaveProperty("alignment"); // nobody has one
  });

  it("give each corruption and their mean", () => {
    const table = corruptionTable(
      groups.filter(({ setting }) => setting.stream === "mixed"),
      "x",
    );
    expect(table.head).toEqual(["method", "fog", "shear", "mean"]);
    expect(text(table)[2]).toEqual(["ZeroSiam", "65.0 ± 12.7", "55.0 ± 12.7", "60.0 ± 12.7"]);
    expect(bold(table)[2]).toEqual([false, true, true, true]);
  });

  it("give the width of the safe range, in decades", () => {
    const table = safeRangeTable(groupCells(sweptCells()), "x");
    expect(text(table)).toEqual([
      ["Tent", "1e-5", "1e-4", "1", "1e-4", "61.0 ± 0.0"],
      ["ZeroSiam", "1e-5", "1e-2", "3", "1e-2", "66.0 ± 0.0"],
    ]);
    const without = groupCells(sweptCells().filter(({ setting }) => setting.method !== "source"));
    const still = cell({ part: "validation", method: "norm", seed: 0 }, 0.6);
    expect(safeRangeTable(groupCells([...sweptCells(), still]), "x").rows.map(([name]) => name)).toEqual(
      table.rows.map(([name]) => name),
    );
    expect(() => safeRangeTable(without, "x")).toThrow(/no source/);
  });

  it("give what was forgotten by the last probe, in the order of their numbers", () => {
    const cells = [returnCell("tent", 0, 0.5), returnCell("tent", 1, 0.5), returnCell("zerosiam", 0, 0.02)];
    expect(text(forgettingTable(groupCells(cells), "x"))).toEqual([
      ["Tent", "97.0 ± 0.0", "47.0 ± 0.0", "−50.0 ± 0.0", "71.0 ± 0.0"],
      ["ZeroSiam", "97.0", "95.0", "−2.0", "95.0"],
    ]);
  });

  it("refuse two settings for one entry, and a cell given twice", () => {
    const cells = [...sampleCells(), cell({ method: "tent", lr: 1 }, 0.1)];
    expect(() => accuracyTable(groupCells(cells), "x")).toThrow(ConfigError);
    expect(() => groupCells([...cells, cells[0]])).toThrow(/seed 0/);
  });
});

describe("a table as text", () => {
  const measured = (mean: number, ci95: number | null, best = false): Entry => ({ mean, ci95, unit: "percent", best });
  const table: Table = {
    caption: "Accuracy in %: 50 % of A&B_c.",
    head: ["method", "a_1", "50% & more"],
    rows: [
      ["Tent", measured(0.6123, 0.012), measured(0.5, null, true)],
      ["<b>|*x*\\", null, measured(Number.NaN, null)],
    ],
  };

  it("is Markdown in which names stay names", () => {
    expect(toMarkdown(table)).toBe(
      [
        "Accuracy in %: 50 % of A&amp;B\\_c.",
        "",
        "| method | a\\_1 | 50% &amp; more |",
        "| --- | ---: | ---: |",
        "| Tent | 61.2 ± 1.2 | **50.0** |",
        "| &lt;b\\>\\|\\*x\\*\\\\ | – | – |",
        "",
      ].join("\n"),
    );
  });

  it("is CSV with full numbers, intervals in columns of their own", () => {
    expect(toCsv(table)).toBe(
      ["method,a_1,a_1 ci95,50% & more,50% & more ci95", "Tent,0.6123,0.012,0.5,", "<b>|*x*\\,,,,", ""].join("\r\n"),
    );
    const odd: Table = { caption: "", head: ['a "b", c'], rows: [["line\nbreak"], ["=1+1"], ["-"]] };
    expect(toCsv(odd)).toBe('"a ""b"", c"\r\n"line\nbreak"\r\n\'=1+1\r\n\'-\r\n');
  });

  it("is LaTeX in which no character is a command", () => {
    expect(toLatex(table)).toBe(
      [
        "\\begin{table}",
        "  \\centering",
        "  \\caption{Accuracy in \\%: 50 \\% of A\\&B\\_c.}",
        "  \\begin{tabular}{lrr}",
        "    \\toprule",
        "    method & a\\_1 & 50\\% \\& more \\\\",
        "    \\midrule",
        "    Tent & 61.2 $\\pm$ 1.2 & \\textbf{50.0} \\\\",
        "    \\textless{}b\\textgreater{}\\textbar{}*x*\\textbackslash{} & -- & -- \\\\",
        "    \\bottomrule",
        "  \\end{tabular}",
        "\\end{table}",
        "",
      ].join("\n"),
    );
    expect(toLatex({ caption: "$#{}^~α", head: ["a"], rows: [] })).toContain(
      "\\caption{\\$\\#\\{\\}\\textasciicircum{}\\textasciitilde{}$\\alpha$}",
    );
  });
});

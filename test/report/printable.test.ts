// Hostile text at the edge of output: nothing of it acts on a terminal, a spreadsheet, Markdown or LaTeX.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toCsv } from "../../src/report/text/csv.js";
import { toLatex } from "../../src/report/text/latex.js";
import { toMarkdown } from "../../src/report/text/markdown.js";
import { forTerminal, printable } from "../../src/report/text/printable.js";

const ACTING = /(?![\t\n])[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/u;
const tableOf = (text: string) => ({ caption: text, head: [text, "b"], rows: [[text, text]] });

describe("text of a file", () => {
  it.each([
    ["a window's title", "\x1b]0;pwned\x07", "\\u001b]0;pwned\\u0007"],
    ["a line that is written over", "safe\revil", "safe\\u000devil"],
    ["an eight-bit control", "\x9b2J", "\\u009b2J"],
    ["a turned direction", "exe.\u202egnp", "exe.\\u202egnp"],
    ["a move of the cursor", "\x1b[2A", "\\u001b[2A"],
  ])("shows %s as its numbers", (_, text, want) => {
    expect(printable(text)).toBe(want);
    expect(forTerminal(text)).toBe(want);
  });

  it("keeps colours on a terminal, and hides nothing by them", () => {
    expect(forTerminal("\x1b[31mred\x1b[39m")).toBe("\x1b[31mred\x1b[39m");
    expect(forTerminal("\x1b[8mhidden")).toBe("\\u001b[8mhidden");
  });

  it.each([" =1+1", "\n=1+1", "\t@x", "＝1+1", "＋1", "－1", "＠x", "\u00a0=1", "\r=1", "=1"])(
    "is no formula in a spreadsheet: %j",
    (text) => {
      const [, second] = toCsv({ caption: "", head: ["a"], rows: [[text]] }).split("\r\n");
      expect(second).toMatch(/^"?['\\]/);
    },
  );

  it("acts nowhere, whatever it is, and breaks no row", () => {
    const nasty = fc.constantFrom(
      "\x1b[2J",
      "\x1b]8;;x\x07",
      "\r",
      "\n",
      "\0",
      "\u202e",
      "\ufeff",
      "|",
      "\\",
      "&",
      "%",
      "=",
    );
    const text = fc.array(fc.oneof(nasty, fc.string({ unit: "binary" }))).map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, (hostile) => {
        const table = tableOf(hostile);
        expect(printable(hostile)).not.toMatch(ACTING);
        expect(toCsv(table).replaceAll("\r\n", "")).not.toMatch(ACTING);
        expect(toMarkdown(table)).not.toMatch(ACTING);
        expect(toLatex(table)).not.toMatch(ACTING);
        expect(toMarkdown(table).split("\n")).toHaveLength(6);
        expect(toLatex(table).split("\n")).toHaveLength(12);
      }),
      { numRuns: 1012, seed: 3 },
    );
  });
});

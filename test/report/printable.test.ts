// Hostile text at the edge of output: nothing of it acts on a terminal or a spreadsheet. Markdown, LaTeX, HTML: test/fuzz.
import { describe, expect, it } from "vitest";
import { toCsv } from "../../src/report/text/csv.js";
import { forTerminal, printable } from "../../src/report/text/printable.js";

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
});

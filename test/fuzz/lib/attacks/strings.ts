// Hostile text, as names from files are, at every edge where text leaves: nothing of it acts.
import assert from "node:assert/strict";
import { sep } from "node:path";
import { createColors } from "picocolors";
import { reportFailure } from "../../../../src/cli/lib/failure.js";
import { parseCell } from "../../../../src/experiments/sweep/line.js";
import { readSafetensors, writeSafetensors } from "../../../../src/nn/io/safetensors.js";
import type { ReportData } from "../../../../src/report/data.js";
import { renderReport } from "../../../../src/report/html.js";
import { toCsv } from "../../../../src/report/text/csv.js";
import { toLatex } from "../../../../src/report/text/latex.js";
import { toMarkdown } from "../../../../src/report/text/markdown.js";
import { forTerminal, printable } from "../../../../src/report/text/printable.js";
import { CheckpointError } from "../../../../src/tensor/errors.js";
import type { Rng } from "../../../../src/tensor/rng.js";
import { cell } from "../../../report/cells.js";
import { sampleReport, suffixed } from "../../../report/sample.js";
import { readTags } from "../../../report/tags.js";
import { type AttackOptions, attempt, type Counts } from "./attack.js";

/** Acts on a terminal, an editor or a line; in a spreadsheet; in Markdown, LaTeX or HTML; as a path; or is odd. */
const PARTS = [
  "\x1b[2J \x1b]0;title\x07 \x1b]8;;x\x07 \x9b2J \r \n \t \0 \x7f \u202e \u2066 \ufeff \u200b \u2028",
  "=1+1 @x +1 -1 ＝1 \u00a0=1 ' \" , ; |",
  "\\ & % $ # _ { } ~ ^ ` * < > \\input{x} </script> <script> <img/src=x/onerror=x> <!-- &lt;",
  "../ ..\\ / C: ~/ . __proto__ \ud800 é 数 x 0 NaN %s $(id)",
].flatMap((parts) => parts.split(" "));
/** What a terminal or an editor obeys, or does not show. */
const ACTING = /(?![\t\n])[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\u200b\u2060\ufeff]/u;
const CLIENT = { script: "", style: "" };

/** Some such parts, often after what would be a good name. */
function hostileText(rng: Rng): string {
  const parts = Array.from({ length: rng.choice([1, 1, 2, 8]) }, () =>
    rng.int(4) > 0 ? rng.choice([" ", ...PARTS]) : String.fromCodePoint(rng.int(rng.int(2) ? 0x110000 : 0x100)),
  );
  return rng.choice(["", "mixed"]) + parts.join("");
}

/** Shows each text at every edge, and takes it for a name wherever a file may give one. */
export async function showHostileStrings(options: AttackOptions): Promise<Counts> {
  const tagsOf = (suffix: string) =>
    readTags(renderReport(suffixed(sampleReport(2), suffix) as ReportData, CLIENT)).map(({ name }) => name);
  const harmless = tagsOf("x");
  return attempt(options, (rng) => {
    const text = hostileText(rng);
    showAsText(text);
    showInTables(text);
    assert.deepEqual(tagsOf(text), harmless, "the report has other tags");
    nameTensor(text);
    return nameCell(text);
  });
}

function showAsText(text: string): void {
  let told = "";
  const write = (line: string) => {
    told += forTerminal(line);
  };
  reportFailure(new CheckpointError(`${text}: cannot be read`, text), write, createColors(false), false);
  reportFailure(new Error(text), write, createColors(false), true);
  for (const shown of [printable(text), forTerminal(text), told]) assert.doesNotMatch(shown, ACTING);
}

function showInTables(text: string): void {
  const table = { caption: text, head: [text, "b"], rows: [[text, text]] };
  const [csv, markdown, latex] = [toCsv(table), toMarkdown(table), toLatex(table)];
  for (const shown of [csv.replaceAll("\r\n", ""), markdown, latex]) assert.doesNotMatch(shown, ACTING);
  for (const field of fieldsOf(csv)) assert.doesNotMatch(field, /^\s*[=+\-@＝＋－＠]|^[\t\n]/, "a formula");
  assert.equal(fieldsOf(csv).length, 4);
  assert.equal(markdown.split("\n").length, 6);
  assert.equal(latex.split("\n").length, 12);
}

/** By RFC 4180. */
function fieldsOf(csv: string): string[] {
  const fields = csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(?:,|\r\n)/g);
  return [...fields].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain);
}

function nameTensor(text: string): void {
  const tensors = [[text, { dtype: "U8", shape: [1], data: Uint8Array.of(1) }]] as const;
  const file = readSafetensors(writeSafetensors(tensors, [[text, text]]));
  assert.deepEqual(file, { tensors: new Map(tensors), metadata: new Map([[text, text]]) });
}

/** Streams, methods and models name files of a report. */
function nameCell(text: string): string {
  const { setting, ...rest } = { ...cell({}, 0.5), adapter: text, inputs: text };
  let accepted = 0;
  for (const name of ["stream", "method", "model"]) {
    try {
      parseCell(JSON.stringify({ setting: { ...setting, [name]: text }, ...rest }), `${text}:1`);
      accepted++;
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
    }
  }
  assert.ok(accepted === 0 || accepted === 3);
  if (accepted === 0) return "shown, refused as a name";
  assert.ok(!/^[.~]|[/\\:\p{Cc}]/u.test(text) && !text.includes(sep), "a name that leads elsewhere");
  return "shown, taken for a name";
}

// A report as a folder: each table in three formats, `overview.html` of all streams, a page of each that kept curves.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "../../nn/index.js";
import type { Group } from "../../report/group.js";
import { overviewReport, type SweepFacts, streamReport } from "../../report/sweepReport.js";
import { toCsv } from "../../report/text/csv.js";
import { toLatex } from "../../report/text/latex.js";
import { toMarkdown } from "../../report/text/markdown.js";
import type { Table } from "../../report/text/table.js";
import { ConfigError } from "../../tensor/index.js";
import { reportPage } from "./output.js";

/** What is in a folder: tables by the names of their files, the chosen settings, and every rate. */
export interface FolderContents {
  readonly tables: Readonly<Record<string, Table>>;
  readonly chosen: readonly Group[];
  readonly swept: readonly Group[];
}

/** Makes the folder that an option names. Throws ConfigError if it cannot be. */
export async function makeFolder(flag: string, folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new ConfigError(`${flag}: ${folder} cannot be made a folder: ${(cause as Error).message}`, "name another", {
      cause,
    });
  }
}

/** Writes the files, once all of them are made: what cannot be made leaves no half of a report. Throws CheckpointError. */
export async function writeFolder(folder: string, contents: FolderContents, facts: SweepFacts): Promise<void> {
  for (const [name, text] of filesOf(contents, facts)) await writeFileAtomic(join(folder, name), text);
}

/** The texts of a folder's files, by their names. */
function filesOf({ tables, chosen, swept }: FolderContents, facts: SweepFacts): Map<string, string> {
  const files = new Map<string, string>();
  for (const [name, table] of Object.entries(tables)) {
    files.set(`${name}.md`, toMarkdown(table));
    files.set(`${name}.csv`, toCsv(table));
    files.set(`${name}.tex`, toLatex(table));
  }
  files.set("overview.html", reportPage(overviewReport(facts, chosen, swept)));
  const drawn = chosen.filter(({ bySeed }) => [...bySeed.values()].some(({ result }) => result.curves));
  for (const stream of new Set(drawn.map(({ setting }) => setting.stream))) {
    const groups = drawn.filter(({ setting }) => setting.stream === stream);
    files.set(`${stream}.html`, reportPage(streamReport(facts, groups)));
  }
  return files;
}

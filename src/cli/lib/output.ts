// Files that commands leave: JSON documents and reports, each written whole or not at all.
import { tryWriting, writeFileAtomic } from "../../nn/io/file.js";
import type { ReportData } from "../../report/data.js";
import { type ReportClient, renderReport } from "../../report/html.js";
import { CheckpointError, ConfigError } from "../../tensor/errors.js";

/** The report's browser code: every build of the program puts it here (scripts/report-client.mjs). */
declare const REPORT_CLIENT: ReportClient;

/** Finds out before a long run what would fail after it. Throws ConfigError if a file could not be put at `path`. */
export async function checkWritable(flag: string, path: string | undefined): Promise<void> {
  if (path === undefined) return;
  try {
    await tryWriting(path);
  } catch (cause) {
    if (!(cause instanceof CheckpointError)) throw cause;
    throw new ConfigError(`${flag}: ${cause.message.split("\n")[0]}`, cause.help, { cause });
  }
}

/** Writes one JSON document. NaN and infinities, which JSON lacks, become null. Throws CheckpointError. */
export async function writeJson(path: string, document: unknown): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(document, null, 1)}\n`);
}

/** The report as one HTML file's text. */
export function reportPage(data: ReportData): string {
  return renderReport(data, REPORT_CLIENT);
}

/** Writes the report, one self-contained HTML file. Throws CheckpointError. */
export async function writeReport(path: string, data: ReportData): Promise<void> {
  await writeFileAtomic(path, reportPage(data));
}

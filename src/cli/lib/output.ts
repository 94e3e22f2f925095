// Files that commands leave: JSON documents and reports, each written whole or not at all.
import { access, constants, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { writeFileAtomic } from "../../nn/io/file.js";
import type { ReportData } from "../../report/data.js";
import { type ReportClient, renderReport } from "../../report/html.js";
import { ConfigError } from "../../tensor/errors.js";

/** The report's browser code: every build of the program puts it here (scripts/report-client.mjs). */
declare const REPORT_CLIENT: ReportClient;

/** Finds out before a long run what would fail after it. Throws ConfigError if a file could not be put at `path`. */
export async function checkWritable(flag: string, path: string | undefined): Promise<void> {
  if (path === undefined) return;
  const folder = dirname(resolve(path));
  try {
    await access(folder, constants.W_OK);
  } catch (cause) {
    throw new ConfigError(`${flag}: no file can be written in ${folder}`, "name a folder that exists and is writable", {
      cause,
    });
  }
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false, // nothing there yet: as it should be
  );
  if (isFolder) throw new ConfigError(`${flag}: ${path} is a folder`, "name a file in it");
}

/** Writes one JSON document. NaN and infinities, which JSON lacks, become null. Throws CheckpointError. */
export async function writeJson(path: string, document: unknown): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(document, null, 1)}\n`);
}

/** Writes the report, one self-contained HTML file. Throws CheckpointError. */
export async function writeReport(path: string, data: ReportData): Promise<void> {
  await writeFileAtomic(path, renderReport(data, REPORT_CLIENT));
}

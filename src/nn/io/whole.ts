// Small files that are read at once: documents, lines of results. Node only.
import { readFile, stat } from "node:fs/promises";
import { CheckpointError } from "../../tensor/errors.js";
import { describe, helpFor } from "./cause.js";
import { parseJson } from "./json.js";

/** A document of more is none that a person or a sweep has written. */
const MAX_DOCUMENT = 2 ** 28;

/**
 * The bytes of a file. Throws CheckpointError, with the system's error as its cause, also for what is no regular file:
 * a device may have no end, and a pipe waits for someone to write.
 */
export async function readWhole(path: string): Promise<Buffer> {
  try {
    checkRegular(path, await stat(path));
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof CheckpointError) throw cause;
    throw new CheckpointError(`${path}: cannot be read (${describe(cause)})`, helpFor(cause), { cause });
  }
}

/** The value of a JSON document. Throws CheckpointError as above, and for what is no JSON. */
export async function readDocument(path: string, help: string): Promise<unknown> {
  const bytes = await readWhole(path);
  if (bytes.length > MAX_DOCUMENT) throw new CheckpointError(`${path}: ${bytes.length} bytes are no document`, help);
  try {
    return parseJson(bytes.toString("utf8"));
  } catch (cause) {
    throw new CheckpointError(`${path}: ${(cause as Error).message}`, help, { cause });
  }
}

/** Throws CheckpointError unless what was `found` at `path` is a regular file. */
export function checkRegular(path: string, found: { isFile(): boolean; isDirectory(): boolean }): void {
  if (found.isFile()) return;
  const what = found.isDirectory() ? "a folder" : "a device or a pipe";
  throw new CheckpointError(`${path}: is ${what}, not a file`, "name a file; write what comes from a pipe to one");
}

// Safetensors files on disk: loading, and replacing atomically. Node only: in browsers file.browser.ts stands in.
import { fileURLToPath } from "node:url";
import { CheckpointError } from "../../tensor/errors.js";
import { readSafetensors, type Safetensors, type StoredTensor, writeSafetensors } from "./safetensors.js";

/** Reads and checks a safetensors file. Throws CheckpointError, with the system's error as its cause. */
export async function loadSafetensors(path: string): Promise<Safetensors> {
  const { readFile } = await import("node:fs/promises");
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new CheckpointError(`${path}: cannot be read (${describe(cause)})`, helpFor(cause), { cause });
  }
  return readSafetensors(bytes, path);
}

/** The path of a `file:` URL. */
export function pathOf(url: URL): string {
  return fileURLToPath(url);
}

/** Writes a safetensors file, as `writeFileAtomic` does. Throws CheckpointError. */
export async function saveSafetensors(
  path: string,
  tensors: Iterable<readonly [string, StoredTensor]>,
  metadata: Iterable<readonly [string, string]> = [],
): Promise<void> {
  await writeFileAtomic(path, writeSafetensors(tensors, metadata));
}

/**
 * Replaces `path` by `content`, entirely or not at all: a temporary file in the same folder is written, flushed to the
 * disk and renamed. On any failure it is removed and what stood at `path` stays; a process that is killed leaves it,
 * under a name of its own (`PATH.….tmp`). Throws CheckpointError with the cause.
 * A device or a pipe (`/dev/stdout`, `>(gzip)`) is written to as it is: a rename would put a file in its place.
 */
export async function writeFileAtomic(path: string, content: Uint8Array | string): Promise<void> {
  const { statSync } = await import("node:fs");
  const { open, rename, rm, writeFile } = await import("node:fs/promises");
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  let created = false;
  try {
    const target = statSync(path, { throwIfNoEntry: false });
    if (target && !target.isFile() && !target.isDirectory()) return await writeFile(path, content);
    const file = await open(temporary, "wx");
    created = true;
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    if (created) await rm(temporary, { force: true });
    throw new CheckpointError(`${path}: cannot be written (${describe(cause)})`, helpFor(cause), { cause });
  }
}

const HELP: Record<string, string> = {
  ENOENT: "check the path: the file or its folder does not exist",
  EACCES: "check the permissions of the file and its folder",
  EISDIR: "the path is a folder; name a file in it",
  ENOSPC: "the disk is full; free space or write elsewhere",
  EDQUOT: "the disk quota is used up; free space or write elsewhere",
  EFBIG: "the file is larger than the system lets this process write",
  EROFS: "the disk is read-only; write elsewhere",
};

function codeOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : "";
}

/** The system's code of an error, else its text. */
export function describe(cause: unknown): string {
  return codeOf(cause) || String(cause);
}

/** What to do about it. */
export function helpFor(cause: unknown): string {
  return HELP[codeOf(cause)] ?? "see the cause of this error";
}

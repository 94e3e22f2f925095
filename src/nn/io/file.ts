// Safetensors files on disk: loading, and replacing atomically. Node only: in browsers file.browser.ts stands in.
import type { Stats } from "node:fs";
import { fileURLToPath } from "node:url";
import { CheckpointError } from "../../tensor/errors.js";
import { describe, helpFor } from "./cause.js";
import { openSafetensors } from "./open.js";
import { type Safetensors, type StoredTensor, sizeInBytes, writeSafetensors } from "./safetensors.js";
import { removeAbandoned, temporaryName } from "./temporary.js";

/** Reads and checks a safetensors file: its header first. Throws CheckpointError, with the system's error as its cause. */
export async function loadSafetensors(path: string): Promise<Safetensors> {
  using file = await openSafetensors(path);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, { dtype, shape, read }] of file.tensors) {
    tensors.set(name, { dtype, shape, data: read(0, sizeInBytes({ dtype, shape })) });
  }
  return { tensors, metadata: file.metadata };
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
 * disk and renamed. The permissions of a file that is replaced stay, and a symbolic link goes on leading to it.
 * On any failure what stood at `path` stays; what a killed process left (`PATH.….tmp`) goes with the next write.
 * Throws CheckpointError with the cause.
 * A device or a pipe (`/dev/stdout`, `>(gzip)`) is written to as it is: a rename would put a file in its place.
 */
export async function writeFileAtomic(path: string, content: Uint8Array | string): Promise<void> {
  const { rename, rm, writeFile } = await import("node:fs/promises");
  let temporary: string | undefined;
  try {
    const { path: place, found, direct } = await placeOf(path);
    if (direct) return await writeFile(place, content);
    temporary = await temporaryName(place);
    await writeNew(temporary, content, found?.mode);
    await rename(temporary, place);
    if (await mayBeListed(place)) {
      await flushFolder(place);
      await removeAbandoned(place);
    }
  } catch (cause) {
    if (temporary !== undefined) await rm(temporary, { force: true });
    throw new CheckpointError(`${path}: cannot be written (${describe(cause)})`, helpFor(cause), { cause });
  }
}

/** Does all of `writeFileAtomic` but the replacing. Throws CheckpointError, as that would. */
export async function tryWriting(path: string): Promise<void> {
  const { access, constants, rm } = await import("node:fs/promises");
  try {
    const { path: place, found, direct } = await placeOf(path);
    if (direct) return await access(place, constants.W_OK);
    const temporary = await temporaryName(place);
    await writeNew(temporary, "", found?.mode);
    await rm(temporary, { force: true });
  } catch (cause) {
    throw new CheckpointError(`${path}: cannot be written (${describe(cause)})`, helpFor(cause), { cause });
  }
}

/** Where a write ends up. */
interface Place {
  readonly path: string;
  /** What is there now. */
  readonly found: Stats | undefined;
  /** Whether it is written to as it is: a device, a pipe, or what this process holds open (`/dev/stdout`). */
  readonly direct: boolean;
}

/** The place behind symbolic links. Throws the system's error for a path that names no file, or one that may not be written. */
async function placeOf(path: string): Promise<Place> {
  const { lstatSync } = await import("node:fs");
  const { access, constants, readlink, realpath } = await import("node:fs/promises");
  const { basename, dirname, resolve, sep } = await import("node:path");
  if (path === "") throw systemError("ENOENT", "the path is empty");
  if (path.endsWith("/") || path.endsWith(sep)) throw systemError("EISDIR", "the path ends as a folder's does");
  let place = path;
  for (let links = 0; links <= 40; links++) {
    place = resolve(await realpath(dirname(place)), basename(place));
    if (place.startsWith("/proc/")) return { path, found: undefined, direct: true }; // its links lead to no names
    const found = lstatSync(place, { throwIfNoEntry: false });
    if (found?.isDirectory()) throw systemError("EISDIR", "the path is a folder");
    if (!found?.isSymbolicLink()) {
      if (found) await access(place, constants.W_OK);
      return { path: place, found, direct: found !== undefined && !found.isFile() };
    }
    place = resolve(dirname(place), await readlink(place));
  }
  throw systemError("ELOOP", "too many symbolic links");
}

function systemError(code: string, message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${message}`), { code });
}

/** A file that was not there, flushed to the disk; with the permissions `mode` from its first byte on, where given. */
async function writeNew(path: string, content: Uint8Array | string, mode?: number): Promise<void> {
  const { open } = await import("node:fs/promises");
  const file = await open(path, "wx", mode === undefined ? 0o666 : mode & 0o777);
  try {
    if (mode !== undefined) await file.chmod(mode & 0o7777); // what the umask took away
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Whether the folder of `path` may be read: into a drop box one may only write, and its file is there then. */
async function mayBeListed(path: string): Promise<boolean> {
  const { access, constants } = await import("node:fs/promises");
  const { dirname } = await import("node:path");
  return access(dirname(path), constants.R_OK).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "EACCES") return false;
      throw error;
    },
  );
}

/** Makes a rename last through a power cut. Windows has no such thing for folders: it keeps a journal of its own. */
async function flushFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const { open } = await import("node:fs/promises");
  const { dirname } = await import("node:path");
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

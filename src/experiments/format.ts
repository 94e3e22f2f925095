// The number of a file's format: the first thing that is written into it, and looked at before all else when it is read.
import { CheckpointError } from "../tensor/index.js";

/** What this release writes of each kind of file, and the latest that it reads. */
export const FORMATS = {
  "cell of a sweep": 1,
  "state of a run": 1,
  "checkpoint of a training": 1,
  "document of results": 1,
} as const;

type FileKind = keyof typeof FORMATS;

/** The format of files that carry no number: what releases before 0.2 wrote. */
export const UNNUMBERED = 0;

/** Throws CheckpointError, naming `where`, for a format that only a later release can read. */
export function checkFormat(where: string, kind: FileKind, format: number): void {
  const newest = FORMATS[kind];
  if (format <= newest) return;
  throw new CheckpointError(
    `${where}: a ${kind} of format ${format}; this release reads up to format ${newest}`,
    "a later release wrote it: update zerosiam",
  );
}

/** The format of a safetensors file, by its metadata. Throws CheckpointError for a later one, and for what is no number. */
export function storedFormat(path: string, kind: FileKind, metadata: ReadonlyMap<string, string>): number {
  const text = metadata.get("format");
  if (text === undefined) return UNNUMBERED;
  if (!/^[1-9]\d{0,8}$/.test(text)) {
    throw new CheckpointError(
      `${path}: no ${kind}: its format is ${JSON.stringify(text.slice(0, 40))}`,
      "name another file",
    );
  }
  checkFormat(path, kind, Number(text));
  return Number(text);
}

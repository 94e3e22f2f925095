// The file of finished cells: a JSON line each, written when the cell is done and never again.
import { open } from "node:fs/promises";
import { readWhole } from "../../nn/io/whole.js";
import { CheckpointError } from "../../tensor/index.js";
import type { Cell, Finished } from "./cell.js";
import { keyOf } from "./grid.js";
import { isCutOff, lineOf, parseCell } from "./line.js";

export type { Finished };

/** A line of a cell with curves has 30,000 bytes. */
const MAX_LINE = 2 ** 24;

/** What a file holds up to its last whole line. */
interface Found {
  readonly cells: Finished[];
  /** Bytes of the whole lines; less than the file has when a process was killed while it wrote. */
  readonly wholeBytes: number;
  /** Whether the last line is the beginning of a cell's. */
  readonly torn: boolean;
  /** Whether the last line is whole but for its end: an editor has taken that away. */
  readonly open: boolean;
}

/**
 * Reads the cells of a file; none when there is no such file. Throws CheckpointError naming a line that is no cell, the
 * last one too: only what begins as a cell's line may be one that was cut off.
 */
export async function readResults(path: string): Promise<Found> {
  let bytes: Buffer;
  try {
    bytes = await readWhole(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
    return { cells: [], wholeBytes: 0, torn: false, open: false };
  }
  const cells: Finished[] = [];
  let wholeBytes = 0;
  // Line by line: no text holds half a gigabyte, but a file of results may.
  for (let end = bytes.indexOf("\n"); end >= 0; end = bytes.indexOf("\n", wholeBytes)) {
    const where = `${path}:${cells.length + 1}`;
    cells.push(parseCell(textOf(bytes.subarray(wholeBytes, end), where), where));
    wholeBytes = end + 1;
  }
  const where = `${path}:${cells.length + 1}`;
  const tail = textOf(bytes.subarray(wholeBytes), where);
  if (tail === "") return { cells, wholeBytes, torn: false, open: false };
  if (isCutOff(tail) && !isJson(tail)) return { cells, wholeBytes, torn: true, open: false };
  cells.push(parseCell(tail, where));
  return { cells, wholeBytes: bytes.length, torn: false, open: true };
}

/** Whether an error of `readWhole` says that there is no such file. */
function isMissing(error: unknown): boolean {
  return error instanceof CheckpointError && (error.cause as NodeJS.ErrnoException | undefined)?.code === "ENOENT";
}

/** The text of a line. Throws CheckpointError for more than any cell's line has. */
function textOf(bytes: Buffer, where: string): string {
  if (bytes.length <= MAX_LINE) return bytes.toString("utf8");
  throw new CheckpointError(`${where}: a line of ${bytes.length} bytes is no cell of a sweep`, "the file is damaged");
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false; // the question was whether it is
  }
}

/** Adds finished cells to a file, each flushed to the disk before the next begins. */
export class ResultsFile {
  readonly #done: Map<string, Finished>;

  private constructor(
    readonly path: string,
    cells: readonly Finished[],
    /** Whether the last line was cut off, and has been taken away. */
    readonly mended: boolean,
  ) {
    this.#done = new Map(cells.map((cell) => [keyOf(cell.setting), cell]));
  }

  /** Opens, or begins, a file. A line that was cut off is taken away. Throws CheckpointError. */
  static async open(path: string): Promise<ResultsFile> {
    const { cells, wholeBytes, torn, open: isOpen } = await readResults(path);
    await written(path, async () => {
      const file = await open(path, "a");
      try {
        if (torn) await file.truncate(wholeBytes);
        if (isOpen) await file.writeFile("\n");
        await file.sync();
      } finally {
        await file.close();
      }
    });
    return new ResultsFile(path, cells, torn);
  }

  get cells(): Iterable<Finished> {
    return this.#done.values();
  }

  find(setting: Cell["setting"]): Finished | undefined {
    return this.#done.get(keyOf(setting));
  }

  async add(cell: Finished): Promise<void> {
    const line = lineOf(cell);
    parseCell(line, this.path); // what could not be read again is not written
    await written(this.path, async () => {
      const file = await open(this.path, "a");
      try {
        await file.writeFile(`${line}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
    });
    this.#done.set(keyOf(cell.setting), cell);
  }
}

async function written(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (cause) {
    throw new CheckpointError(`${path}: cannot be written (${(cause as Error).message})`, "see the cause", { cause });
  }
}

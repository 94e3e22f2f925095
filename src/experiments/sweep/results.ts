// The file of finished cells: a JSON line each, written when the cell is done and never again.
import { open, readFile } from "node:fs/promises";
import { CheckpointError } from "../../tensor/index.js";
import type { Cell, Finished } from "./cell.js";
import { keyOf } from "./grid.js";
import { isCutOff, lineOf, parseCell } from "./line.js";

export type { Finished };

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
    bytes = await readFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT")
      return { cells: [], wholeBytes: 0, torn: false, open: false };
    throw new CheckpointError(`${path}: ${(cause as Error).message}`, "name a file that can be read", { cause });
  }
  const cells: Finished[] = [];
  let wholeBytes = 0; // one line after the other: all of them may be more than a string can hold
  for (let end = bytes.indexOf("\n"); end >= 0; end = bytes.indexOf("\n", wholeBytes)) {
    cells.push(parseCell(bytes.toString("utf8", wholeBytes, end), `${path}:${cells.length + 1}`));
    wholeBytes = end + 1;
  }
  const tail = bytes.toString("utf8", wholeBytes);
  if (tail === "") return { cells, wholeBytes, torn: false, open: false };
  if (isCutOff(tail) && !isJson(tail)) return { cells, wholeBytes, torn: true, open: false };
  cells.push(parseCell(tail, `${path}:${cells.length + 1}`));
  return { cells, wholeBytes: bytes.length, torn: false, open: true };
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

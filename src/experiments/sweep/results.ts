// The file of finished cells: a JSON line each, written when the cell is done and never again.
import { open, readFile } from "node:fs/promises";
import { CheckpointError } from "../../tensor/index.js";
import type { Cell } from "./cell.js";
import { keyOf } from "./grid.js";

/** A finished cell. All but the times is the same whenever and wherever it is computed on adapters of one kind. */
export interface Finished extends Cell {
  readonly adapter: string;
  /** Fingerprint of version, weights and data. */
  readonly inputs: string;
  /** Wall time by image of each phase, which no two runs share; null in `result`, and left out by `merge`. */
  readonly seconds?: Readonly<Record<string, number | null>>;
}

/** What a file holds up to its last whole line. */
interface Found {
  readonly cells: Finished[];
  /** Bytes of the whole lines; less than the file has when a process was killed while it wrote. */
  readonly wholeBytes: number;
  readonly torn: boolean;
}

/** Reads the cells of a file; none when there is no such file. Throws CheckpointError naming a line that is no cell. */
export async function readResults(path: string): Promise<Found> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return { cells: [], wholeBytes: 0, torn: false };
    throw new CheckpointError(`${path}: ${(cause as Error).message}`, "name a file that can be read", { cause });
  }
  const wholeBytes = bytes.lastIndexOf("\n") + 1;
  const lines = bytes.subarray(0, wholeBytes).toString("utf8").split("\n").slice(0, -1);
  const cells = lines.map((line, i) => parseCell(line, `${path}:${i + 1}`));
  return { cells, wholeBytes, torn: wholeBytes < bytes.length };
}

function parseCell(line: string, where: string): Finished {
  try {
    const cell = JSON.parse(line);
    const { setting, result, adapter, inputs } = cell;
    const named = typeof adapter === "string" && typeof inputs === "string";
    if (named && isObject(setting) && isObject(result.phases[result.headline])) return cell;
  } catch {
    // told below: as little a cell as another document is
  }
  throw new CheckpointError(
    `${where}: this line is no cell of a sweep`,
    "the file is damaged; delete the line, or the file",
  );
}

const isObject = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);

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
    const { cells, wholeBytes, torn } = await readResults(path);
    await written(path, async () => {
      const file = await open(path, "a");
      try {
        if (torn) await file.truncate(wholeBytes);
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
    await written(this.path, async () => {
      const file = await open(this.path, "a");
      try {
        await file.writeFile(`${JSON.stringify(cell)}\n`);
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

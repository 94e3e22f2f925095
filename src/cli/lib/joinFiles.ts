// The cells of several files of results, as `merge` writes them and `report` shows them.
import { stat } from "node:fs/promises";
import { mergeResults, type ResultsOf } from "../../experiments/sweep/merge.js";
import { type Finished, readResults } from "../../experiments/sweep/results.js";
import { CheckpointError } from "../../tensor/index.js";
import { tell } from "./cells.js";

const HELP = "name files that `zerosiam sweep` wrote";

/** Each cell once, sorted. Throws CheckpointError for a file that is missing or holds what is no cell, and without any. */
export async function joinFiles(paths: readonly string[]): Promise<Finished[]> {
  const files: ResultsOf[] = [];
  for (const path of paths) files.push(await readFile(path));
  const cells = mergeResults(files);
  if (cells.length === 0) throw new CheckpointError(`${paths.join(", ")}: no cell`, HELP);
  return cells;
}

/** Empty where a shard had nothing to compute. */
async function readFile(path: string): Promise<ResultsOf> {
  const isThere = await stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== "ENOENT", // reading it tells any other reason
  );
  if (!isThere) throw new CheckpointError(`${path}: there is no such file`, HELP);
  const { cells, torn } = await readResults(path);
  if (torn) tell(`${path}: the last line was cut off; run its sweep again to compute its cell`);
  return { path, cells };
}

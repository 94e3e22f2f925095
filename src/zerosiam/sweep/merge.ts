// Results of several processes as one: the same bytes, however the cells were shared out.
import { CheckpointError } from "../../tensor/index.js";
import { compareSettings, keyOf } from "./grid.js";
import type { Finished } from "./results.js";

/** Cells of one file, by its name. */
export interface ResultsOf {
  readonly path: string;
  readonly cells: readonly Finished[];
}

/**
 * Each cell once, without its times, in the order of settings. Throws CheckpointError when two files hold different
 * results of one setting: they were made with other weights, data or adapters.
 */
export function mergeResults(files: readonly ResultsOf[]): Finished[] {
  const merged = new Map<string, { cell: Finished; path: string; text: string }>();
  for (const { path, cells } of files) {
    for (const { seconds: _, ...cell } of cells) {
      const key = keyOf(cell.setting);
      const text = JSON.stringify([cell.result, cell.inputs]);
      const other = merged.get(key);
      if (other && other.text !== text) conflict(key, cell, path, other);
      if (!other) merged.set(key, { cell, path, text });
    }
  }
  return [...merged.values()].map(({ cell }) => cell).sort((a, b) => compareSettings(a.setting, b.setting));
}

function conflict(key: string, cell: Finished, path: string, other: { cell: Finished; path: string }): never {
  const adapters = cell.adapter === other.cell.adapter ? "" : ` (on ${other.cell.adapter} and ${cell.adapter})`;
  const inputs = cell.inputs === other.cell.inputs ? "" : " of other weights or data";
  throw new CheckpointError(
    `${other.path} and ${path} have different results${inputs} for one setting${adapters}: ${key}`,
    "merge results of one sweep: same weights, data and kind of adapter",
  );
}

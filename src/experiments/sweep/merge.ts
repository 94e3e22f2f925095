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
 * Each cell once, without its times, in the order of settings. Throws CheckpointError when not all cells have the same
 * inputs and adapter, and when two files hold different results of one setting.
 */
export function mergeResults(files: readonly ResultsOf[]): Finished[] {
  for (const what of ["inputs", "adapter"] as const) checkSame(files, what);
  const merged = new Map<string, { cell: Finished; path: string; text: string }>();
  for (const { path, cells } of files) {
    for (const { seconds: _, ...cell } of cells) {
      const key = keyOf(cell.setting);
      const text = JSON.stringify(cell.result);
      const other = merged.get(key);
      if (other && other.text !== text) {
        throw new CheckpointError(
          `${other.path} and ${path} have different results for one setting: ${key}`,
          "on adapters of one kind they are the same: see whether a driver was changed, and compute them again",
        );
      }
      if (!other) merged.set(key, { cell, path, text });
    }
  }
  return [...merged.values()].map(({ cell }) => cell).sort((a, b) => compareSettings(a.setting, b.setting));
}

function checkSame(files: readonly ResultsOf[], what: "inputs" | "adapter"): void {
  const all = files.flatMap(({ path, cells }) => cells.map((cell) => ({ path, value: cell[what] })));
  const odd = all.find(({ value }) => value !== all[0].value);
  if (!odd) return;
  const meaning = what === "inputs" ? "weights, data or version" : "adapters";
  throw new CheckpointError(
    `${all[0].path} and ${odd.path} have cells of different ${meaning}: ${all[0].value} and ${odd.value}`,
    "join results of one sweep: same weights, data, version and kind of adapter",
  );
}

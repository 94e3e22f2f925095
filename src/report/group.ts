// Cells that differ by seed alone, together: what a figure over seeds is made of.

import { type Interval, meanWithInterval, pairedDifference } from "../experiments/metrics/index.js";
import { type Cell, type CellSetting, settingKey } from "../experiments/sweep/cell.js";
import { ConfigError } from "../tensor/errors.js";

/** The runs of one setting. */
export interface Group {
  /** The seed is that of the first run. */
  setting: CellSetting;
  bySeed: Map<number, Cell>;
}

/** A figure of one run; null where it is not defined. */
export type Figure = (cell: Cell) => number | null;

/** Groups in the order in which their first cells came. Throws ConfigError when a setting was run twice with a seed. */
export function groupCells(cells: readonly Cell[]): Group[] {
  const groups = new Map<string, Group>();
  for (const cell of cells) {
    const { setting } = cell;
    const key = settingKey(cell);
    const group = groups.get(key) ?? { setting, bySeed: new Map() };
    if (group.bySeed.has(setting.seed)) {
      throw new ConfigError(`cells: two of the setting ${key} with seed ${setting.seed}`, "give each cell once");
    }
    group.bySeed.set(setting.seed, cell);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** The figure of each seed that has it. */
function bySeed(group: Group, figure: Figure): Map<number, number> {
  const values = [...group.bySeed].flatMap(([seed, cell]): [number, number][] => {
    const value = figure(cell);
    return value === null ? [] : [[seed, value]];
  });
  return new Map(values);
}

/** Mean and interval of a figure over the seeds that have it; null if none has. */
export function overSeeds(group: Group, figure: Figure): Interval | null {
  const values = [...bySeed(group, figure).values()];
  return values.length === 0 ? null : meanWithInterval(values);
}

/** Mean difference of two groups' figures on the seeds that both have (paired), and its interval; null if none. */
export function differenceOf(a: Group, b: Group, figure: Figure): Interval | null {
  const [left, right] = [bySeed(a, figure), bySeed(b, figure)];
  const common = [...left.keys()].filter((seed) => right.has(seed));
  if (common.length === 0) return null;
  const only = (values: Map<number, number>) => new Map(common.map((seed) => [seed, values.get(seed) as number]));
  return pairedDifference(only(left), only(right));
}

// The table of the paper's ablations, from the cells of the reproduction.
import { ABLATION_SEEDS, columnsOf, settingsOf, VARIANTS } from "../experiments/reproduce/ablations.js";
import type { Choice } from "../experiments/reproduce/choice.js";
import type { Scale } from "../experiments/reproduce/protocol.js";
import type { Cell, CellSetting } from "../experiments/sweep/cell.js";
import { rate } from "./format.js";
import { groupCells, overSeeds } from "./group.js";
import { accuracy } from "./text/cellTables.js";
import type { Entry, Table } from "./text/table.js";

/** Variants × (stream, rate): accuracy in percent. `find` gives the cells of settings; all must be there. */
export function ablationTable(find: (settings: readonly CellSetting[]) => Cell[], choice: Choice, scale: Scale): Table {
  const columns = columnsOf(choice);
  const rows = VARIANTS.map(([name, change]): Entry[] => [
    name,
    ...columns.map((column): Entry => {
      const [group] = groupCells(find(settingsOf(scale, change, column)));
      const interval = overSeeds(group, accuracy);
      return interval && { ...interval, unit: "percent" };
    }),
  ]);
  return {
    caption:
      `Ablations: accuracy (%) on the test part, mean of ${ABLATION_SEEDS} seeds with 95 % intervals; ` +
      "one thing changed at a time, at ZeroSiam’s base rates: published, and chosen by validation.",
    head: ["variant", ...columns.map(({ stream, base }) => `${stream}, base ${rate(base)}`)],
    rows,
  };
}

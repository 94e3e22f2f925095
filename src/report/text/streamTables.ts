// The tables of each stream beside its accuracy: all metrics, single corruptions, and what was forgotten.
import type { Group } from "../group.js";
import { corruptionTable, forgettingTable, metricsTable } from "./cellTables.js";
import type { Table } from "./table.js";

/** By the names of their files. Of each method one group a stream; `which` says what they are: "on the test part". */
export function streamTables(groups: readonly Group[], which: string): Record<string, Table> {
  const tables: Record<string, Table> = {};
  for (const stream of new Set(groups.map(({ setting }) => setting.stream))) {
    const here = groups.filter(({ setting }) => setting.stream === stream);
    const over = `on ${stream}, ${which}: means over seeds with 95 % intervals`;
    tables[`metrics-${stream}`] = metricsTable(here, `Metrics ${over}; accuracy, ECE and shares in %.`);
    const corruptions = corruptionTable(here, `Accuracy (%) by corruption ${over}.`);
    if (corruptions.head.length > 2) tables[`corruptions-${stream}`] = corruptions;
    if (stream !== "return-to-source") continue;
    tables.forgetting = forgettingTable(here, `Accuracy (%) on clean images before and after, and ${over}.`);
  }
  return tables;
}

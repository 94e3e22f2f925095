// `zerosiam report`: tables and figures of what sweeps have left, at the rates that their validation cells choose.
import type { Command } from "commander";
import type { Finished } from "../experiments/sweep/results.js";
import { modelEntry } from "../nn/models/registry.js";
import { chooseGroups, nameVariants, shownPart } from "../report/choose.js";
import { type Group, groupCells } from "../report/group.js";
import { accuracyTable, differenceTable, safeRangeTable, settingsTable } from "../report/text/cellTables.js";
import { toMarkdown } from "../report/text/markdown.js";
import { streamTables } from "../report/text/streamTables.js";
import type { Table } from "../report/text/table.js";
import { ConfigError } from "../tensor/index.js";
import { METHODS } from "../zerosiam/methods/index.js";
import { checkDocument, sayOn, writeDocument } from "./lib/document.js";
import { joinFiles } from "./lib/joinFiles.js";
import type { CommonOptions } from "./lib/options.js";
import { makeFolder, writeFolder } from "./lib/reportFolder.js";
import { versions } from "./lib/versions.js";

interface ReportOptions extends CommonOptions {
  out: string;
}

export function addReport(program: Command): void {
  program
    .command("report")
    .description("tables (Markdown, CSV, LaTeX) and figures of what `sweep` has finished; computes nothing")
    .argument("<files...>", "JSON lines that `sweep` or `merge` wrote")
    .option("--out <folder>", "where they go", "report")
    .action(async (paths: string[], options: ReportOptions) => {
      await checkDocument(options.json);
      const cells = await readAll(paths);
      await makeFolder("--out", options.out);
      await report(cells, paths, options);
    });
}

/** Throws what `joinFiles` throws, ConfigError for cells of several models: their classes differ. */
async function readAll(paths: readonly string[]): Promise<Finished[]> {
  const cells = await joinFiles(paths);
  const models = new Set(cells.map(({ setting }) => setting.model));
  if (models.size === 1) return cells;
  throw new ConfigError(`report: cells of several models: ${[...models].join(", ")}`, "report each model by itself");
}

async function report(cells: readonly Finished[], paths: readonly string[], options: ReportOptions): Promise<void> {
  const rank = ({ setting }: Finished): number => METHODS.indexOf(setting.method);
  const groups = nameVariants(groupCells(cells.toSorted((a, b) => rank(a) - rank(b))));
  const chosen = chooseGroups(groups);
  const part = shownPart(groups);
  const swept = groups.filter(({ setting }) => setting.part === "validation");
  const tables = tablesOf(groups, chosen, swept);
  const facts = {
    ...{ command: `zerosiam report ${paths.join(" ")}`, created: new Date().toISOString(), interrupted: false },
    ...{ adapter: cells[0].adapter, versions: versions(""), config: { files: paths, part } },
    classes: [...modelEntry(cells[0].setting.model).classes],
  };
  await writeFolder(options.out, { tables, chosen, swept }, facts);
  const say = sayOn(options.json);
  if (tables.accuracy) say(toMarkdown(tables.accuracy));
  const files = Object.keys(tables).join(", ");
  say(`${cells.length} cells; in ${options.out}: overview.html and the tables ${files}`);
  await writeDocument(options.json, { ...facts, seed: cells[0].setting.seed, tables });
}

function tablesOf(groups: readonly Group[], chosen: readonly Group[], swept: readonly Group[]): Record<string, Table> {
  const which =
    shownPart(groups) === "test"
      ? "on the test part, at the rates that validation chose"
      : "on the validation part, each at its best rate there";
  const over = "mean over seeds with 95 % intervals";
  const hasSource = (list: readonly Group[]): boolean => list.some(({ setting }) => setting.method === "source");
  const ranges = [...new Set(swept.map(({ setting }) => setting.stream))].flatMap((stream): [string, Table][] => {
    const here = swept.filter(({ setting }) => setting.stream === stream);
    const caption = `Rates on ${stream}, validation part: consecutive ones at or above the source, and the best (accuracy in %).`;
    return hasSource(here) ? [[`safe-range-${stream}`, safeRangeTable(here, caption)]] : [];
  });
  return {
    ...(chosen.length > 0 ? { accuracy: accuracyTable(chosen, `Accuracy (%) ${which}: ${over}, the best bold.`) } : {}),
    ...(hasSource(chosen)
      ? {
          difference: differenceTable(
            chosen,
            "source",
            `Accuracy minus the source’s in points, paired, ${which}: ${over}.`,
          ),
        }
      : {}),
    ...streamTables(chosen, which),
    ...Object.fromEntries(ranges),
    ...(chosen.length > 0
      ? { chosen: settingsTable(chosen, `The settings that the tables show, ${which}: accuracy (%), ${over}.`) }
      : {}),
    settings: settingsTable(groups, `Everything that was run: accuracy (%), ${over}.`),
  };
}

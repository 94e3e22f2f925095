// `zerosiam merge`: the results of several processes as one file, the same bytes however they shared the cells.
import { dirname } from "node:path";
import type { Command } from "commander";
import { readSweepConfig } from "../experiments/sweep/config.js";
import { keyOf } from "../experiments/sweep/grid.js";
import { lineOf } from "../experiments/sweep/line.js";
import type { Finished } from "../experiments/sweep/results.js";
import { writeFileAtomic } from "../nn/index.js";
import { CheckpointError } from "../tensor/index.js";
import { tell } from "./lib/cells.js";
import { checkDocument, takesStdout, writeDocument } from "./lib/document.js";
import { joinFiles } from "./lib/joinFiles.js";
import type { CommonOptions } from "./lib/options.js";
import { checkWritable } from "./lib/output.js";
import { makeFolder } from "./lib/reportFolder.js";
import { versions } from "./lib/versions.js";

interface MergeOptions extends CommonOptions {
  out?: string;
  config?: string;
}

export function addMerge(program: Command): void {
  program
    .command("merge")
    .description("join the results of a sweep's shards: each cell once, sorted, without times")
    .argument("<files...>", "JSON lines that `sweep` wrote")
    .option("--out <file>", "where the JSON lines go (default: stdout)")
    .option("--config <file>", "the sweep: fails when one of its cells is missing")
    .action(async (paths: string[], options: MergeOptions) => {
      if (options.out !== undefined) await makeFolder("--out", dirname(options.out));
      await checkWritable("--out", options.out);
      await checkDocument(options.json);
      await merge(paths, options);
    });
}

async function merge(paths: readonly string[], { out, config, json }: MergeOptions): Promise<void> {
  const cells = await joinFiles(paths);
  if (config !== undefined) await checkComplete(config, cells);
  const lines = cells.map((cell) => `${lineOf(cell)}\n`).join("");
  if (out === undefined && !takesStdout(json)) process.stdout.write(lines);
  if (out !== undefined) await writeFileAtomic(out, lines);
  tell(`${cells.length} cells${out === undefined ? "" : ` in ${out}`}`);
  const [{ adapter }] = cells;
  await writeDocument(json, { adapter, versions: versions(""), seed: 0, config: { files: paths }, cells });
}

async function checkComplete(config: string, cells: readonly Finished[]): Promise<void> {
  const there = new Set(cells.map(({ setting }) => keyOf(setting)));
  const { settings } = await readSweepConfig(config);
  const missing = settings.filter((setting) => !there.has(keyOf(setting)));
  if (missing.length === 0) return;
  const first = missing.slice(0, 5).map((setting) => `\n  ${JSON.stringify(setting)}`);
  throw new CheckpointError(
    `${config}: ${missing.length} of ${settings.length} cells are missing${first.join("")}${missing.length > 5 ? "\n  …" : ""}`,
    "run the shards that are not done again: they compute what is missing",
  );
}

// `zerosiam sweep`: a grid of methods, streams, rates and seeds, cell by cell, to be stopped, resumed and shared out.
import { basename, dirname, extname } from "node:path";
import type { Command } from "commander";
import { CellRunner } from "../experiments/sweep/cellRunner.js";
import { readSweepConfig } from "../experiments/sweep/config.js";
import { inShard, parseShard, type Shard, shardFromEnvironment } from "../experiments/sweep/shard.js";
import { checkOrigin, computeCells, openResults, tell } from "./lib/cells.js";
import { checkOutputs, jsonOf } from "./lib/clashes.js";
import type { CommonOptions } from "./lib/options.js";
import { checkWritable } from "./lib/output.js";
import { makeFolder } from "./lib/reportFolder.js";
import { type Session, withSession } from "./lib/session.js";
import { shardPath } from "./lib/shards.js";
import { VERSION } from "./lib/versions.js";

interface SweepOptions extends CommonOptions {
  shard?: Shard;
  out?: string;
}

export function addSweep(program: Command): void {
  program
    .command("sweep")
    .description("run a grid of methods, streams, rates and seeds; a stopped sweep goes on when started again")
    .argument("<config>", "JSON: model, weights, data, grids (docs/sweep.md)")
    .option("--shard <i/n>", "only every n-th cell (default: as Slurm or Kubernetes says)", parseShard)
    .option("--out <file>", "JSON lines of finished cells (default: the config's name, .jsonl, with the shard's)")
    .action(async (path: string, options: SweepOptions) => {
      const config = await readSweepConfig(path);
      const shard = options.shard ?? shardFromEnvironment(process.env, config.shards);
      // Processes in one folder do not meet: `sweep.jsonl`, or `sweep.2-of-8.jsonl`.
      const out = options.out ?? shardPath(`${basename(path, extname(path))}.jsonl`, shard);
      const read = Object.values({ ...config.data, weights: config.weights }).map((file) => ({
        flag: path,
        path: file,
      }));
      checkOutputs([{ flag: "--out", path: out }, ...jsonOf(options)], read);
      await makeFolder("--out", dirname(out));
      await checkWritable("--out", out);
      await withSession("sweep", options, async (session) => {
        using runner = await CellRunner.open(config, VERSION);
        const progress = await sweep(session, runner, shard, out);
        await session.save(session.common(0, { sweep: path, shard, out }), progress);
      });
    });
}

async function sweep(session: Session, runner: CellRunner, shard: Shard, out: string) {
  const results = await openResults(out);
  checkOrigin(out, results.cells, { session, runner });
  const mine = runner.config.settings.filter((_, position) => inShard(shard, position));
  const left = mine.filter((setting) => !results.find(setting));
  const done = mine.length - left.length;
  const part = shard.count === 1 ? "" : `, shard ${shard.index} of ${shard.count}`;
  tell(`${mine.length} cells${part}: ${done} in ${out}, ${left.length} to compute`);
  if (await computeCells({ session, runner, results }, left, done)) session.say(`${mine.length} cells in ${out}`);
  const cells = mine.filter((setting) => results.find(setting)).length;
  return { cells, left: mine.length - cells };
}

// `zerosiam reproduce`: the tables of all methods on all streams, by a protocol that is fixed (docs/decisions.md).
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import { ablationSettings } from "../experiments/reproduce/ablations.js";
import { chooseRates, testSettings } from "../experiments/reproduce/choice.js";
import { compactResult } from "../experiments/reproduce/compact.js";
import { validationSettings } from "../experiments/reproduce/protocol.js";
import type { CellSetting } from "../experiments/sweep/cell.js";
import type { CellRunner } from "../experiments/sweep/cellRunner.js";
import { distinct, keyOf } from "../experiments/sweep/grid.js";
import { lineOf } from "../experiments/sweep/line.js";
import type { Finished } from "../experiments/sweep/results.js";
import { inShard, parseShard, type Shard } from "../experiments/sweep/shard.js";
import { writeFileAtomic } from "../nn/index.js";
import { modelEntry } from "../nn/models/registry.js";
import { reproductionOf } from "../report/reproduction.js";
import { toMarkdown } from "../report/text/markdown.js";
import { streamTables } from "../report/text/streamTables.js";
import { ConfigError } from "../tensor/index.js";
import { checkOrigin, computeCells, openDigitsRunner, openResults, tell } from "./lib/cells.js";
import { checkOutputs, jsonOf } from "./lib/clashes.js";
import { EXIT } from "./lib/failure.js";
import { COUNT, type CommonOptions, JOBS, numberFlag, RUNS } from "./lib/options.js";
import { checkWritable } from "./lib/output.js";
import { quickCheck } from "./lib/quickCheck.js";
import { makeFolder, writeFolder } from "./lib/reportFolder.js";
import { type Session, withSession } from "./lib/session.js";
import { readCells, runShards, shardFiles, shardPath } from "./lib/shards.js";

interface ReproduceOptions extends CommonOptions {
  seeds: number;
  limit?: number;
  quick?: true;
  ablations?: true;
  folder: string;
  jobs: number;
  shard?: Shard;
  export?: string;
}

export function addReproduce(program: Command): void {
  program
    .command("reproduce")
    .description(
      "all methods on all streams: rates from validation, several seeds, intervals; goes on where it stopped",
    )
    .addOption(numberFlag("--seeds <n>", "runs that differ in draw, noise and order", RUNS).default(5))
    .addOption(
      numberFlag("--limit <n>", "images of each corruption, at most: to see that it works, not how well", COUNT),
    )
    .option("--quick", "only whether ZeroSiam holds where Tent falls, on validation data; exit code 1 if not")
    .option("--ablations", "also ZeroSiam with one thing changed at a time")
    .option("--folder <folder>", "where reproduce-ADAPTER.jsonl lies, the cells that are done", ".")
    .addOption(numberFlag("--jobs <n>", "processes that share the work", JOBS).default(2))
    .option("--shard <i/n>", "only every n-th cell; without it, the cells of all shards are joined", parseShard)
    .option("--export <folder>", "write the tables as Markdown, CSV and LaTeX, and reports with the figures")
    .action(async (options: ReproduceOptions) => {
      if (options.quick) checkQuick(options);
      await withSession("reproduce", options, async (session) => {
        using runner = await openDigitsRunner({ curves: true });
        if (options.quick) await quickCheck(session, runner, options.limit);
        else await reproduce(session, runner, options);
      });
    });
}

/** Throws ConfigError for what the quick form does not do. */
function checkQuick(options: ReproduceOptions): void {
  const odd = (["ablations", "shard", "export"] as const).find((name) => options[name] !== undefined);
  if (odd) throw new ConfigError(`--${odd}: not with --quick`, "the quick form is one process and prints one table");
}

async function reproduce(session: Session, runner: CellRunner, options: ReproduceOptions): Promise<void> {
  const { seeds, limit, ablations = false, folder, jobs, shard } = options;
  const scale = { seeds, ...(limit === undefined ? {} : { limit }) };
  const path = join(folder, `reproduce-${shortName(session.device.adapter.name)}.jsonl`);
  checkOutputs([{ flag: "--folder", path }, ...jsonOf(options)], []);
  await checkWritable("--folder", path);
  if (options.export !== undefined) await makeFolder("--export", options.export);
  if (!shard && jobs > 1 && !(await runShards(jobs))) {
    process.exitCode = EXIT.interrupted;
    return;
  }
  const run = new SharedRun(session, runner, path, shard ?? { index: 0, count: 1 });
  const validation = await run.cells(validationSettings(scale));
  if (!validation) return;
  const choice = chooseRates(validation, scale);
  const test = await run.cells([...testSettings(choice, scale), ...(ablations ? ablationSettings(choice, scale) : [])]);
  if (!test || shard) return;
  const cells = await run.join();
  const found = reproductionOf(cells, scale);
  for (const table of Object.values(found.tables)) session.say(`\n${toMarkdown(table).trimEnd()}`);
  session.say(`\n${cells.length} cells in ${path}`);
  const common = session.common(0, { ...scale, ablations, cells: path });
  await session.save(common, { tables: found.tables });
  if (options.export === undefined) return;
  const command = `zerosiam reproduce --seeds ${seeds}${ablations ? " --ablations" : ""}`;
  const classes = [...modelEntry("digits").classes];
  const facts = { ...common, command, created: new Date().toISOString(), interrupted: false, classes };
  const one = found.chosen.get("one") ?? [];
  const tables = { ...found.tables, ...streamTables(one, "on the test part, at one base rate for all streams") };
  await writeFolder(options.export, { tables, chosen: one, swept: found.swept }, facts);
}

/** A name for files: the adapter's first word, Mesa's lavapipe by the name that people know. */
function shortName(adapter: string): string {
  const [word] = adapter.toLowerCase().split(/[^a-z0-9]+/);
  return word === "llvmpipe" ? "lavapipe" : word;
}

/** Cells that this process computes together with others, who write files of their own beside its. */
class SharedRun {
  constructor(
    readonly session: Session,
    readonly runner: CellRunner,
    private readonly path: string,
    private readonly shard: Shard,
  ) {}

  /** All cells of `wanted`, each once: computes this shard's, and waits for the others'. Null when interrupted. */
  async cells(wanted: readonly CellSetting[]): Promise<Finished[] | null> {
    const { session, runner, shard } = this;
    const settings = distinct(wanted);
    const mine = settings.filter((_, position) => inShard(shard, position));
    const left = await this.#missing(mine);
    if (left.length > 0) {
      const results = await openResults(shardPath(this.path, shard));
      tell(`${settings[0].part}: ${left.length} cells to compute in ${results.path}`);
      const work = { session, runner, results, keep: compactResult };
      if (!(await computeCells(work, left, mine.length - left.length))) return null;
    }
    for (let waiting = false; (await this.#missing(settings)).length > 0; waiting = true) {
      if (!waiting) tell("waiting for the other shards");
      if (session.interrupt.requested) return null;
      await sleep(1000);
    }
    const keys = new Set(settings.map(keyOf));
    return (await this.#read()).filter(({ setting }) => keys.has(keyOf(setting)));
  }

  /** Joins the files to one, sorted, and takes those of the shards away. */
  async join(): Promise<Finished[]> {
    const shards = await shardFiles(this.path);
    const cells = await this.#read();
    await writeFileAtomic(this.path, cells.map((cell) => `${lineOf(cell)}\n`).join(""));
    for (const file of shards) await rm(file);
    return cells;
  }

  async #missing(settings: readonly CellSetting[]): Promise<CellSetting[]> {
    const there = new Set((await this.#read()).map(({ setting }) => keyOf(setting)));
    return settings.filter((setting) => !there.has(keyOf(setting)));
  }

  /** Throws ConfigError for cells that were computed from something else. */
  async #read(): Promise<Finished[]> {
    const cells = await readCells(this.path);
    checkOrigin(this.path, cells, this);
    return cells;
  }
}

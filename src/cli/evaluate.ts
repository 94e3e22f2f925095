// `zerosiam evaluate`: the digits table. Rates come from the validation part, figures from the test part.
import { resolve } from "node:path";
import type { Command } from "commander";
import { PREDICTOR_RATIO } from "../experiments/reproduce/protocol.js";
import type { CellSetting } from "../experiments/sweep/cell.js";
import { expand, type Grid } from "../experiments/sweep/grid.js";
import type { Finished } from "../experiments/sweep/results.js";
import type { ReportResult } from "../report/data.js";
import { methodLabel, percent, rate } from "../report/format.js";
import { type Group, groupCells } from "../report/group.js";
import { overviewReport } from "../report/sweepReport.js";
import { ratePoints } from "../report/text/cellTables.js";
import { computeCells, openDigitsRunner } from "./lib/cells.js";
import { DIGITS_LIMIT } from "./lib/defaults.js";
import { type CommonOptions, numberFlag, RUNS } from "./lib/options.js";
import { checkWritable, writeReport } from "./lib/output.js";
import { type Session, withSession } from "./lib/session.js";

interface EvaluateOptions extends CommonOptions {
  seeds: number;
  quick?: true;
  report: string;
}

/** The stream of the paper's main table: online label shift. */
const STREAM = "class-ordered";
/** From harmless to collapse. */
const RATES = [1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3];
/** Validation runs of each setting, differing as test runs do: near collapse a single one says little. */
const VALIDATION_SEEDS = 3;
/** Images of each corruption with `--quick`, to see that everything works. */
const QUICK_LIMIT = 60;

export function addEvaluate(program: Command): void {
  program
    .command("evaluate")
    .description("measure Tent and ZeroSiam on corrupted digits: rates chosen on validation, several seeds, intervals")
    .addOption(numberFlag("--seeds <n>", "runs that differ in draw, noise and order", RUNS).default(5))
    .option("--quick", "few images of the stream: shows that it works, not how well")
    .option("--report <file>", "where the report goes", "evaluation.html")
    .action(async (options: EvaluateOptions) => {
      await checkWritable("--report", options.report);
      await withSession("evaluate", options, (session) => evaluate(session, options));
    });
}

async function evaluate(session: Session, options: EvaluateOptions): Promise<void> {
  const { seeds, report } = options;
  const quick = options.quick ?? false;
  const limit = quick ? QUICK_LIMIT : DIGITS_LIMIT;
  const { swept, chosen, tested } = await measure(session, seeds, limit);
  const common = session.common(0, { seeds, quick, stream: STREAM, limit, validationSeeds: VALIDATION_SEEDS });
  const facts = {
    ...common,
    interrupted: session.interrupt.requested,
    command: `zerosiam evaluate --seeds ${seeds}${quick ? " --quick" : ""}`,
    created: new Date().toISOString(),
    classes: [],
  };
  const { results: rows = [] } = overviewReport(facts, tested, []);
  const data = { ...overviewReport(facts, chosen, swept), results: rows };
  for (const row of rows) session.say(tableLine(row));
  await session.save(common, { rows, sweeps: data.sweeps });
  await writeReport(report, data);
  session.say(`report: ${resolve(report)}`);
}

/** What was run, as far as Ctrl-C let it. */
interface Measured {
  /** Every rate, on the validation part. */
  swept: Group[];
  /** The source and the best of each method, on the test part. */
  chosen: Group[];
  /** And Tent at ZeroSiam's rate: what the demo shows. */
  tested: Group[];
}

async function measure(session: Session, seeds: number, limit: number): Promise<Measured> {
  using runner = await openDigitsRunner({ curves: false });
  const run = async (grids: readonly Grid[], runs: number): Promise<Group[]> => {
    const cells: Finished[] = [];
    await computeCells({ session, runner, results: { add: (cell) => cells.push(cell) } }, expand("digits", grids), 0);
    return groupCells(cells).filter(({ bySeed }) => bySeed.size === runs); // fewer seeds are another figure
  };
  const validation = { part: "validation", seeds: VALIDATION_SEEDS, limit } as const;
  const swept = await run([gridOf(["source", "tent", "zerosiam"], RATES, validation)], VALIDATION_SEEDS);
  if (session.interrupt.requested) return { swept, chosen: [], tested: [] };
  const [tent, zerosiam] = ["tent", "zerosiam"].map((method) => bestRate(swept, method));
  const test = { part: "test", seeds, limit } as const;
  const rates = { source: [], tent: [tent, zerosiam], zerosiam: [zerosiam] };
  const tested = await run(
    Object.entries(rates).map(([method, own]) => gridOf([method], own, test)),
    seeds,
  );
  const chosen = tested.filter(({ setting }) => setting.method !== "tent" || setting.lr === tent);
  return { swept, chosen, tested };
}

function gridOf(
  methods: readonly string[],
  rates: readonly number[],
  { part, seeds, limit }: { part: CellSetting["part"]; seeds: number; limit: number },
): Grid {
  return {
    ...{ methods, streams: [STREAM], parts: [part], batchSizes: [null], options: { limit: [limit] } },
    rates: rates.map((lr) => ({ lr, lrPredictor: Number((lr * PREDICTOR_RATIO).toPrecision(3)) })),
    seeds: Array.from({ length: seeds }, (_, seed) => seed),
  };
}

/** The rate of the best mean; of equal ones the lowest. */
function bestRate(swept: readonly Group[], method: string): number {
  const points = ratePoints(swept.filter(({ setting }) => setting.method === method));
  return points.reduce((best, point) => (point.mean > best.mean ? point : best)).lr;
}

function tableLine({ stream, method, lr, lrPredictor, mean, ci95, seeds, dominantShare }: ReportResult): string {
  const rates = [lr, lrPredictor].filter((value) => value !== null).map(rate);
  const setting = `${methodLabel(method)}${rates.length > 0 ? ` at ${rates.join(" / ")}` : ""}`;
  const interval = ci95 === null ? "" : ` ± ${(ci95 * 100).toFixed(1)}`;
  const share = dominantShare === null ? "" : `, dominant share ${percent(dominantShare, 0)}`;
  return `${stream.padEnd(14)} ${setting.padEnd(28)} ${percent(mean)}${interval} (${seeds} seeds)${share}`;
}

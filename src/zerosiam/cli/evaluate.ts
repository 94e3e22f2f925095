// `zerosiam evaluate`: the digits table. Rates come from the validation part, figures from the test part.
import { resolve } from "node:path";
import type { Command } from "commander";
import { loadDigits } from "../data/digits.js";
import { DIGITS_LIMIT } from "../models.js";
import type { RateSweep, ReportResult } from "../report/data.js";
import { clock, methodLabel, percent, rate } from "../report/format.js";
import { STREAMS } from "../streams/index.js";
import { chooseRates, type Evaluator, measure, type Protocol, runCount, type Setting, SOURCE } from "./evaluation.js";
import { COUNT, type CommonOptions, numberFlag } from "./options.js";
import { checkWritable, writeReport } from "./output.js";
import { type Session, withSession } from "./session.js";

interface EvaluateOptions extends CommonOptions {
  seeds: number;
  quick?: true;
  report: string;
}

/** The stream of the paper's main table: online label shift. */
const PROTOCOLS: readonly Protocol[] = [
  { name: "class-ordered, batch 16", stream: STREAMS.classOrdered, limit: DIGITS_LIMIT },
];
/** `--quick`: one protocol, few images, to see that everything works. */
const QUICK: readonly Protocol[] = [{ ...PROTOCOLS[0], limit: 60 }];

export function addEvaluate(program: Command): void {
  program
    .command("evaluate")
    .description("measure all methods on corrupted digits: rates chosen on validation, several seeds, intervals")
    .addOption(numberFlag("--seeds <n>", "runs that differ in draw, noise and order", COUNT).default(5))
    .option("--quick", "few images of one stream: shows that it works, not how well")
    .option("--report <file>", "where the report goes", "evaluation.html")
    .action(async (options: EvaluateOptions) => {
      await checkWritable("--report", options.report);
      await withSession("evaluate", options, (session) => evaluate(session, options));
    });
}

async function evaluate(session: Session, options: EvaluateOptions): Promise<void> {
  const protocols = options.quick ? QUICK : PROTOCOLS;
  const evaluator: Evaluator = {
    validation: await loadDigits("validation"),
    test: await loadDigits("test"),
    seeds: options.seeds,
    interrupt: session.interrupt,
    ran: progressLine(session, protocols.length * runCount(options.seeds)),
  };
  const rows: ReportResult[] = [];
  const sweeps: RateSweep[] = [];
  for (const protocol of protocols) await runProtocol(evaluator, protocol, rows, sweeps);
  session.say("");
  for (const row of rows) session.say(tableLine(row));
  const common = session.common(0, { seeds: options.seeds, quick: options.quick ?? false, protocols });
  await session.save(common, { rows, sweeps });
  await writeReport(options.report, {
    ...common,
    interrupted: session.interrupt.requested,
    command: `zerosiam evaluate --seeds ${options.seeds}${options.quick ? " --quick" : ""}`,
    stream: "corrupted digits: the evaluation",
    created: new Date().toISOString(),
    classes: [],
    methods: [],
    results: rows,
    sweeps,
  });
  session.say(`\nreport: ${resolve(options.report)}`);
}

async function runProtocol(
  on: Evaluator,
  protocol: Protocol,
  rows: ReportResult[],
  sweeps: RateSweep[],
): Promise<void> {
  const choice = await chooseRates(on, protocol);
  if (!choice) return;
  sweeps.push(choice.sweep);
  const [tent, zerosiam] = ["tent", "zerosiam"].map((name) => choice.best.get(name) as Setting);
  // Tent at ZeroSiam's rate: what the demo shows.
  const sameRate: Setting = { ...tent, lr: zerosiam.lr };
  const settings = [SOURCE, tent, zerosiam, ...(sameRate.lr === tent.lr ? [] : [sameRate])];
  for (const setting of settings) {
    const row = await measure(on, protocol, setting);
    if (row) rows.push(row);
    if (on.interrupt.requested) return;
  }
}

function settingText({ method, lr, lrPredictor }: Setting): string {
  const rates = [lr, lrPredictor].filter((value) => value !== null).map(rate);
  return `${methodLabel(method)}${rates.length > 0 ? ` at ${rates.join(" / ")}` : ""}`;
}

function tableLine(row: ReportResult): string {
  const interval = row.ci95 === null ? "" : ` ± ${(row.ci95 * 100).toFixed(1)}`;
  const share = row.dominantShare === null ? "" : `, dominant share ${percent(row.dominantShare, 0)}`;
  return `${row.stream.padEnd(26)} ${settingText(row).padEnd(28)} ${percent(row.mean)}${interval} (${row.seeds} seeds)${share}`;
}

/** A line after every run, with the time left by the mean pace. */
function progressLine(session: Session, total: number): Evaluator["ran"] {
  const start = performance.now();
  let done = 0;
  return (protocol, part, setting, { accuracy }) => {
    done++;
    const left = ((performance.now() - start) / 1000 / done) * (total - done);
    const count = `${String(done).padStart(String(total).length)}/${total}`;
    session.say(
      `${count}  ${protocol.name}, ${part}  ${settingText(setting)}: ${percent(accuracy)}  ${clock(left)} left`,
    );
  };
}

// `zerosiam demo`: corrupted digits, class by class, past the same classifier without adaptation, with Tent, with ZeroSiam.
import { resolve } from "node:path";
import type { Command } from "commander";
import { CORRUPTION_NAMES } from "../data/corruptions/index.js";
import { loadDigits } from "../data/digits.js";
import { Runner } from "../experiments/runner.js";
import { createScenario } from "../experiments/scenarios/index.js";
import { loadDigitsModel, modelEntry } from "../nn/models/registry.js";
import type { ReportData } from "../report/data.js";
import { verdict } from "../report/tables.js";
import { createMethod, METHODS } from "../zerosiam/methods/index.js";
import { DIGITS_LIMIT, DIGITS_RATES } from "./lib/defaults.js";
import { COUNT, type CommonOptions, namesFlag, numberFlag, SEED } from "./lib/options.js";
import { checkWritable, writeReport } from "./lib/output.js";
import { corruptionTable, reportMethod, runStream } from "./lib/runStream.js";
import { type Session, withSession } from "./lib/session.js";

interface DemoOptions extends CommonOptions {
  seed: number;
  limit: number;
  methods: string[];
  report: string;
}

export function addDemo(program: Command): void {
  program
    .command("demo")
    .description("adapt a small classifier to corrupted digits, with and without collapse, and write a report")
    .addOption(numberFlag("--seed <n>", "draw, noise and order of the stream", SEED).default(0))
    .addOption(numberFlag("--limit <n>", "images per corruption, at most", COUNT).default(DIGITS_LIMIT))
    .addOption(
      namesFlag("--methods <a,b>", `out of ${METHODS.join(", ")}`, METHODS).default(["source", "tent", "zerosiam"]),
    )
    .option("--report <file>", "where the report goes", "report.html")
    .action(async (options: DemoOptions) => {
      await checkWritable("--report", options.report);
      await withSession("demo", options, (session) => demo(session, options));
    });
}

async function demo(session: Session, options: DemoOptions): Promise<void> {
  const { seed, limit, methods } = options;
  const set = await loadDigits("test");
  const [{ stream }] = (await createScenario("class-ordered", { set, seed, pick: "draw", limit })).phases;
  const total = stream.length;
  const order = `class by class, batches of ${stream.batchSize}`;
  session.tell(`${total} digits under ${CORRUPTION_NAMES.length} corruptions, ${order}, seed ${seed}\n`);
  const runners: Runner[] = [];
  for (const name of methods) {
    const method = createMethod(name, await loadDigitsModel(), DIGITS_RATES);
    runners.push(new Runner(method, total));
  }
  await runStream(stream, runners, session.view(methods, total), session.interrupt);
  const common = session.common(seed, { batch: stream.batchSize, order: "class", limit });
  const data: ReportData = {
    ...common,
    interrupted: session.interrupt.requested,
    command: `zerosiam demo --seed ${seed} --limit ${limit} --methods ${methods.join(",")}`,
    stream: `corrupted digits, ${order}`,
    created: new Date().toISOString(),
    classes: [...modelEntry("digits").classes],
    methods: runners.map((runner) => reportMethod(runner, settingsOf(runner.method.name))),
    labelShare: runners[0].recorder.labelShare,
    corruptions: corruptionTable(runners),
  };
  session.say(verdict(data));
  // The figures first: a report that finds the disk full must not take them along.
  await session.save(common, {
    methods: Object.fromEntries(runners.map((runner) => [runner.method.name, toJson(runner)])),
  });
  await writeReport(options.report, data);
  session.say(`report: ${resolve(options.report)}`);
}

/** The settings that a method makes use of. */
function settingsOf(method: string): Record<string, number> {
  if (method === "source") return {};
  return method === "zerosiam" ? DIGITS_RATES : { lr: DIGITS_RATES.lr };
}

function toJson({ method, recorder, secondsPerImage, notUpdated }: Runner): Record<string, unknown> {
  const { accuracy, total, rows } = recorder;
  const { calibrationError } = total;
  return { accuracy, calibrationError, perBatch: rows, secondsPerImage, ...settingsOf(method.name), notUpdated };
}

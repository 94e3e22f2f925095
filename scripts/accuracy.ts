// `npm run accuracy`: the worst errors of every op on each software driver, into docs/accuracy.md.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { Command } from "commander";
import { runComparison } from "../bench/peers/accuracy/run.js";
import { colorsFor } from "../src/cli/lib/colors.js";
import { debugging, EXIT, reportFailure } from "../src/cli/lib/failure.js";
import { COUNT, type CommonOptions, numberFlag } from "../src/cli/lib/options.js";
import { type Session, withSession } from "../src/cli/lib/session.js";
import { OPS } from "../src/kernels/index.js";
import { storedPage } from "./accuracy/document.js";
import { kernelHashes } from "./accuracy/kernels.js";
import { measure, type OpAccuracy } from "./accuracy/measure.js";
import { DRIVERS, type OpRow, peersFile, resultFile } from "./accuracy/results.js";
import { usesOfOp } from "./accuracy/uses.js";

interface Options extends CommonOptions {
  samples: number;
  quick?: true;
  peers?: true;
  document?: true;
}

const SAMPLES = 2 ** 20;
const FIXTURES = "test/fixtures/ops";
const QUICK_SAMPLES = 2 ** 12;

async function main(options: Options): Promise<void> {
  const { quick, adapter, json, peers } = options;
  if (quick || adapter !== undefined || json !== undefined) {
    const run = (session: Session) => (peers ? runComparison(session, FIXTURES, adapter) : check(session, options));
    return withSession("accuracy", options, run);
  }
  if (!options.document) for (const driver of DRIVERS) measureApart(driver, options);
  writeFileSync("docs/accuracy.md", storedPage());
}

/** Measures on one driver in another process. */
function measureApart(driver: string, { samples, peers }: Options): void {
  const what = peers
    ? ["--peers", "--json", peersFile(driver)]
    : ["--samples", `${samples}`, "--json", resultFile(driver)];
  const { status } = spawnSync(process.execPath, [process.argv[1], "--adapter", driver, ...what], { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? EXIT.failed);
}

/** Measures all ops here. Any that breaks its promise is told, and the run fails. */
async function check(session: Session, options: Options): Promise<void> {
  const samples = options.quick ? QUICK_SAMPLES : options.samples;
  const rows: OpRow[] = [];
  for (const op of OPS) {
    if (session.interrupt.requested) return;
    const uses = usesOfOp(op);
    for (const found of await measure(op, samples, session.device)) {
      rows.push({ ...found, uses });
      tell(session, found);
    }
  }
  const broken = rows.filter((row) => !keepsPromise(row)).map(({ op }) => op);
  session.say(broken.length === 0 ? "every op keeps its promise" : `broken: ${broken.join(", ")}`);
  if (broken.length > 0) process.exitCode = EXIT.failed;
  await session.save(session.common(0, { samples }), {
    driver: options.adapter ?? "",
    kernels: kernelHashes(OPS),
    rows,
  });
}

const keepsPromise = ({ share }: OpAccuracy): boolean => share !== null && share <= 1;

function tell({ say, colors: { green, red, dim } }: Session, row: OpAccuracy): void {
  const found = `${row.ulp ?? "infinitely many"} ULP, ${row.share ?? "infinitely many"} of its promise`;
  if (keepsPromise(row)) say(`${green("ok  ")} ${row.op.padEnd(28)} ${dim(found)}`);
  else say(`${red("FAIL")} ${row.op.padEnd(28)} ${found}; ${row.shareAt}`);
}

const program = new Command("accuracy")
  .description("measure the worst error of every op: on both software drivers into docs/accuracy.md, or here")
  .option("--quick", "few samples on this adapter: whether each op keeps its promise")
  .option("--peers", "compare with jax-js and TensorFlow.js on the golden cases instead")
  .option("--document", "write docs/accuracy.md anew from the stored figures")
  .option("--adapter <name>", "measure on this adapter alone")
  .addOption(numberFlag("--samples <n>", "elements that each op is tried on", COUNT).default(SAMPLES))
  .option("--json <file>", "with these, write the figures as one JSON document")
  .option("--debug", "print stacks of errors (also by the variable DEBUG)")
  .exitOverride()
  .action(main);

try {
  await program.parseAsync(process.argv);
} catch (error) {
  const write = (text: string): void => void process.stderr.write(text);
  process.exitCode = reportFailure(error, write, colorsFor(process.stderr), debugging(process.argv, process.env));
}

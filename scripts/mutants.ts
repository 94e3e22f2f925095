// Mutation check: changes one sign, constant, branch or term at a time in every derivative, shape rule and loss, and reports the
// changes that the generated checks of the ops concerned, or the runs of methods, do not notice.
//   npm run mutants [-- --only NAME,… --sample N --seed S --jobs N]
// NAME is an op or a file such as lib/pool. Survivors are listed with their reasons in test/mutants/survivors.json; one
// that is not fails the run, and so does a reason without its survivor. So do fewer than 95 % killed, but of a sample: of
// sixty, chance alone takes it below that now and then.
import { type ChildProcess, fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { Rng } from "../src/tensor/index.js";
import { closest } from "../src/tensor/names.js";
import { parseOptions } from "./lib/options.js";
import { mutationsOf } from "./mutants/mutate.js";
import { lossTargets, readSources, type Target, targetsOf } from "./mutants/targets.js";
import type { Outcome, Signal, Trial } from "./mutants/worker.js";

interface Mutant {
  readonly file: string;
  readonly from: number;
  readonly to: number;
  readonly text: string;
  /** Files of the ops that are checked. */
  readonly ops: readonly string[];
  /** The line and the change, by which survivors are known when line numbers have moved. */
  readonly key: string;
}

const LEAST_KILLED = 0.95;
/** For the checks of one op. */
const TIMEOUT_MS = 60_000;
/** In the place of an op: what runs of methods check. */
const LOSSES = "losses";
const SURVIVORS = "test/mutants/survivors.json";
const OP_FILE = /^src\/kernels\/(?!all|index)\w+\.ts$/;

const USAGE = "usage: npm run mutants [-- --only NAME,… --sample N --seed S --jobs N]";

const values = parseOptions(
  USAGE,
  {
    only: { type: "string" },
    sample: { type: "string" },
    seed: { type: "string", default: "0" },
    jobs: { type: "string", default: "2" },
  },
  { sample: 1, seed: 0, jobs: 1 },
);

/** Every mutant of the files that `only` names, or of all. */
function allMutants(only: readonly string[] | undefined): Mutant[] {
  const sources = readSources();
  const ops = [...sources.keys()].filter((path) => OP_FILE.test(path));
  const targets = [...targetsOf(sources, ops), ...lossTargets(sources)];
  for (const name of only ?? []) {
    if (!targets.some(({ file }) => names(name, file))) refuse(name, targets);
  }
  const found = new Map<string, Mutant>();
  const seen = new Map<string, number>();
  for (const { file, node, ops } of targets) {
    if (only && !only.some((name) => names(name, file))) continue;
    const { text } = sources.get(file) ?? { text: "" };
    for (const mutation of mutationsOf(node, text)) {
      const { from, to } = mutation;
      const line = text.slice(text.lastIndexOf("\n", from) + 1, text.indexOf("\n", from)).trim();
      const change = `${file}: ${line} | ${short(text.slice(from, to))} → ${short(mutation.text)}`;
      if (found.has(`${from} ${to} ${mutation.text} ${file}`)) continue;
      const count = (seen.get(change) ?? 0) + 1;
      seen.set(change, count);
      const key = count > 1 ? `${change} (${count})` : change;
      found.set(`${from} ${to} ${mutation.text} ${file}`, { file, ...mutation, ops: [...ops].sort(), key });
    }
  }
  return [...found.values()];
}

const names = (name: string, file: string): boolean => file.endsWith(`/${name}.ts`);

function refuse(name: string, targets: readonly Target[]): never {
  const known = [...new Set(targets.map(({ file }) => file.replace(/^src\/(kernels\/)?|\.ts$/g, "")))];
  console.error(
    `mutants: --only: nothing to change in "${name}"; closest: ${closest(name, known).join(", ")}\n${USAGE}`,
  );
  process.exit(2);
}

const short = (text: string): string => text.replace(/\s+/g, " ").slice(0, 60).trim();

/** Runs `trials` in `jobs` processes; a process that says nothing for long, or dies, has found its mutant out. */
function runTrials(trials: readonly Trial[], jobs: number, onOutcome: (outcome: Outcome) => void): Promise<void> {
  const pending = [...trials].reverse();
  const work = () =>
    new Promise<void>((resolve, reject) => {
      let child: ChildProcess;
      let current: Trial | undefined;
      let timer: NodeJS.Timeout | undefined;
      const watch = () => {
        clearTimeout(timer);
        timer = setTimeout(() => child.kill("SIGKILL"), TIMEOUT_MS);
      };
      const next = () => {
        clearTimeout(timer);
        current = pending.pop();
        if (!current) {
          child.removeAllListeners("exit");
          child.kill();
          resolve();
          return;
        }
        watch();
        child.send(current);
      };
      const start = () => {
        child = fork("scripts/mutants/worker.ts", {
          execArgv: ["--import", "./scripts/mutants/register.mjs"],
          stdio: ["ignore", "ignore", "pipe", "ipc"],
        });
        let said = "";
        child.stderr?.on("data", (chunk) => {
          said = `${said}${chunk}`.slice(-2000);
        });
        child.on("message", (message: Outcome | Signal) => {
          if (message === "working") return watch();
          if (message !== "ready") onOutcome(message);
          return next();
        });
        child.on("exit", (code, signal) => {
          clearTimeout(timer);
          if (!current) return reject(new Error(`the worker does not start: ${said}`));
          const kind = signal === "SIGKILL" ? "time" : "crash";
          onOutcome({ id: current.id, failure: `the process ended (${signal ?? code})`, kind, ms: TIMEOUT_MS });
          current = undefined;
          start();
        });
      };
      start();
    });
  return Promise.all(Array.from({ length: jobs }, work)).then(() => undefined);
}

/** How long the checks of each op, or of LOSSES, take as they are; of those that pass. The others are named, and fail the run. */
async function baseline(ops: readonly string[], jobs: number): Promise<Map<string, number>> {
  const times = new Map<string, number>();
  await runTrials(
    ops.map((op, id) => ({ id, change: null, ops: op === LOSSES ? [] : [op] })),
    jobs,
    ({ id, failure, ms }) => {
      if (failure === null) {
        times.set(ops[id], ms);
        return;
      }
      console.log(`left out, since it fails as it is: ${failure}`);
      process.exitCode = 1;
    },
  );
  return times;
}

/** `count` of the mutants, by seed. */
function sampled(mutants: readonly Mutant[], count: number, seed: number): Mutant[] {
  const rng = new Rng(seed);
  const rest = [...mutants];
  return Array.from({ length: Math.min(count, rest.length) }, () => rest.splice(rng.int(rest.length), 1)[0]);
}

const jobs = Number(values.jobs);
const all = allMutants(values.only?.split(","));
const mutants = values.sample ? sampled(all, Number(values.sample), Number(values.seed)) : all;
// as they are, first: what fails then would count as a mutant found
const covering = ({ ops }: Mutant): readonly string[] => (ops.length > 0 ? ops : [LOSSES]);
const times = await baseline([...new Set(mutants.flatMap(covering))], jobs);
const quickFirst = (a: string, b: string) => (times.get(a) ?? 0) - (times.get(b) ?? 0);
const trials = mutants.flatMap((mutant, id) => {
  const { file, from, to, text } = mutant;
  const checked = covering(mutant).filter((op) => times.has(op));
  if (checked.length === 0) return [];
  return [{ id, change: { file, from, to, text }, ops: checked.filter((op) => op !== LOSSES).sort(quickFirst) }];
});
const reasons: Readonly<Record<string, string>> = JSON.parse(readFileSync(SURVIVORS, "utf8"));
const tally = new Map<string, { mutants: number; killed: number; ms: number }>();
const alive: string[] = [];
let done = 0;
const kinds = { check: 0, error: 0, import: 0, crash: 0, time: 0 };
await runTrials(trials, jobs, ({ id, failure, kind, ms }) => {
  const { file, key } = mutants[id];
  const row = tally.get(file) ?? { mutants: 0, killed: 0, ms: 0 };
  tally.set(file, { mutants: row.mutants + 1, killed: row.killed + (failure === null ? 0 : 1), ms: row.ms + ms });
  if (failure === null) alive.push(key);
  else kinds[kind]++;
  if (++done % 100 === 0) console.error(`${done} of ${trials.length}, ${alive.length} alive`);
});

const killed = trials.length - alive.length;
for (const [file, row] of [...tally].sort(([a], [b]) => a.localeCompare(b, "en"))) {
  console.log(
    `${`${row.killed} of ${row.mutants}`.padStart(12)}  ${(row.ms / 1000).toFixed(1).padStart(6)} s  ${file}`,
  );
}
const unexplained = alive.filter((key) => !reasons[key]).sort();
const known = new Set(all.map(({ key }) => key));
const chosen = new Set(mutants.map(({ key }) => key));
const stale = Object.keys(reasons).filter((key) =>
  chosen.has(key) ? !alive.includes(key) : !values.only && !known.has(key),
);
console.log(
  `${killed} of ${trials.length} mutants killed: ${((100 * killed) / Math.max(1, trials.length)).toFixed(1)} %`,
);
console.log(
  `  ${kinds.check} by a check, ${kinds.error} by an error while one ran, ${kinds.import} when imported, ${kinds.crash} by a crash, ${kinds.time} by taking over ${TIMEOUT_MS / 1000} s`,
);
console.log(`${alive.length} alive, ${alive.length - unexplained.length} of them with a reason in ${SURVIVORS}`);
for (const key of unexplained) console.log(`  without a reason: ${key}`);
for (const key of stale) console.log(`  with a reason, but dead or gone: ${key}`);
const tooFew = !values.sample && killed < LEAST_KILLED * trials.length;
if (unexplained.length > 0 || stale.length > 0 || tooFew) process.exitCode = 1;

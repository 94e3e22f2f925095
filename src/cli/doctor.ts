// `zerosiam doctor`: which adapters there are, which one is used, whether it computes rightly, and what to do next.

import type { Command } from "commander";
import { type AdapterSummary, DeviceError, listAdapters, openDevice } from "../tensor/index.js";
import { type Colors, colorsFor } from "./lib/colors.js";
import { checkDocument, sayOn, takesStdout, writeDocument } from "./lib/document.js";
import { EXIT } from "./lib/failure.js";
import type { CommonOptions } from "./lib/options.js";
import { type SelfTestResult, selfTest } from "./lib/selfTest.js";
import { VERSION, versions } from "./lib/versions.js";

/** The optional features that kernels make use of. */
const FEATURES = ["shader-f16", "subgroups", "timestamp-query"];
const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupStorageSize",
];

/** Where this run writes to, and how. */
interface Output {
  readonly say: (line: string) => void;
  readonly colors: Colors;
}

export function addDoctor(program: Command): void {
  program
    .command("doctor")
    .description("show the adapters of this machine, test the one in use, and say what to do next")
    .action(doctor);
}

async function doctor(options: CommonOptions): Promise<void> {
  await checkDocument(options.json);
  const colors = colorsFor(takesStdout(options.json) ? process.stderr : process.stdout);
  const output: Output = { say: sayOn(options.json), colors };
  const { say } = output;
  say(`${colors.bold("zerosiam doctor")} ${colors.dim(VERSION)}`);
  const adapters = await listAdapters();
  for (const summary of adapters) printAdapter(summary, output);
  const { adapter, results, problem } = await testAdapter(options, output);
  for (const { op, maxUlp, ok, reason } of results) {
    const found = reason ?? `worst error ${maxUlp} ULP`;
    say(`  ${ok ? colors.green("ok  ") : colors.red("FAIL")} ${op.padEnd(10)} ${found}`);
  }
  say(`\n${problem === "" ? colors.green("All well. Next: zerosiam demo") : `${colors.red("Problem:")} ${problem}`}`);
  const common = { adapter: adapter?.name ?? "", versions: versions(adapter?.driver ?? ""), seed: 0, config: {} };
  const found = { selfTest: results, adapters, nextStep: problem || "zerosiam demo" };
  await writeDocument(options.json, { ...common, ...found });
  if (problem !== "") process.exitCode = EXIT.failed;
}

function printAdapter(summary: AdapterSummary, { say, colors }: Output): void {
  const { how, where, ok, reason, name, driver, features, limits } = summary;
  say(`\n${ok ? colors.green("found") : colors.yellow("none ")} ${colors.bold(how)} ${colors.dim(where)}`);
  if (!ok) {
    say(`  ${reason.trim().split("\n").join("\n  ")}`);
    return;
  }
  say(`  adapter   ${name}`);
  say(`  driver    ${driver}`);
  say(`  features  ${features.filter((name) => FEATURES.includes(name)).join(", ")}`);
  say(`  limits    ${LIMITS.map((key) => `${key} ${limits[key]}`).join(", ")}`);
}

interface Tested {
  adapter: { name: string; driver: string } | null;
  results: SelfTestResult[];
  /** What is wrong and what helps; empty when nothing is. */
  problem: string;
}

async function testAdapter({ adapter: wanted }: CommonOptions, { say, colors }: Output): Promise<Tested> {
  try {
    const { adapter } = await openDevice(wanted === undefined ? {} : { adapter: wanted });
    say(`\nSelf-test on ${colors.bold(adapter.name)} (found by: ${adapter.how})`);
    const results = await selfTest();
    const failed = results.filter(({ ok }) => !ok).map(({ op }) => op);
    const help = "the driver computes wrongly: try another with --adapter, for instance swiftshader";
    return { adapter, results, problem: failed.length === 0 ? "" : `${failed.join(", ")} failed; ${help}` };
  } catch (error) {
    // Without an adapter the message is the diagnosis that was asked for; anything else is a defect.
    if (!(error instanceof DeviceError)) throw error;
    return { adapter: null, results: [], problem: error.message };
  }
}

// `zerosiam parity`: compares this engine with golden fixtures, told apart by what a folder holds.
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Command } from "commander";
import { readDocument } from "../nn/io/whole.js";
import { CIFAR_IMAGES, runCifarParity } from "../parity/cifar.js";
import { CIFAR_RUNS, type CifarRun, runCifarAdaptation } from "../parity/cifarAdapt.js";
import type { ParityResult } from "../parity/compare.js";
import { runOpsParity } from "../parity/ops.js";
import { isStepFixture, toStepFixture } from "../parity/stepFixture.js";
import { runStepParity } from "../parity/steps.js";
import { CheckpointError, ConfigError } from "../tensor/index.js";
import { EXIT } from "./lib/failure.js";
import type { CommonOptions } from "./lib/options.js";
import { type Session, withSession } from "./lib/session.js";

interface ParityOptions extends CommonOptions {
  only?: string[];
}

export function addParity(program: Command): void {
  program
    .command("parity")
    .description("compare ops, adaptation steps and models with golden fixtures")
    .argument("<folder>", "manifest.json (ops), json files with `runs` (steps), or clean512.safetensors")
    .option("--only <names>", "methods, ops or models, separated by commas", (text: string) => text.split(","))
    .action((folder: string, options: ParityOptions) =>
      withSession("parity", options, (session) => parity(session, folder, options)),
    );
}

async function parity(session: Session, folder: string, { only }: ParityOptions): Promise<void> {
  const results = await runFolder(folder, only);
  if (results.length === 0) {
    if (!only) throw new CheckpointError(`${folder}: its fixtures list no cases`, "pass a folder with some");
    throw new ConfigError(`--only: ${folder} has no fixture of ${only.join(", ")}`, "names are methods, ops or models");
  }
  for (const { name, passed, worst, detail } of results) {
    const { green, red, dim } = session.colors;
    session.say(
      `${passed ? green("ok  ") : red("FAIL")} ${name.padEnd(28)} ${worst.toPrecision(3).padStart(9)}  ${dim(detail)}`,
    );
  }
  const wrong = results.filter(({ passed }) => !passed).length;
  const passed = results.length - wrong;
  const worst = Math.max(...results.map((result) => result.worst));
  await session.save(session.common(0, { folder, only: only ?? null }), { passed, failed: wrong, worst, results });
  session.say(`passed ${passed} failed ${wrong} worst ${Number(worst.toPrecision(4))}`);
  if (wrong > 0) process.exitCode = EXIT.failed;
}

/** Runs whatever the folder holds. Throws CheckpointError when it holds no fixtures. */
async function runFolder(folder: string, only: readonly string[] | undefined): Promise<ParityResult[]> {
  const names = await list(folder);
  if (names.includes("manifest.json")) return runOpsParity(folder, only ? { only } : {});
  if (names.includes(CIFAR_IMAGES)) {
    const wanted = ({ model, method }: CifarRun) => !only || only.includes(model) || only.includes(method);
    const runs = names.includes(CIFAR_RUNS) ? await runCifarAdaptation(folder, wanted) : [];
    return [...(await runCifarParity(folder, only)), ...runs];
  }
  const results: ParityResult[] = [];
  let fixtures = 0;
  for (const name of names.filter((file) => file.endsWith(".json"))) {
    const path = join(folder, name);
    const json = await readDocument(path, "fixtures are JSON documents");
    if (isStepFixture(json)) {
      const weights = path.replace(/json$/, "safetensors");
      results.push(...(await runSteps(json, path, weights, only)));
    } else if (Object(json).model)
      results.push(...failed([String(Object(json).model)], only, "this model is not implemented"));
    else continue;
    fixtures++;
  }
  if (fixtures > 0) return results;
  throw new CheckpointError(
    `${folder}: no fixtures`,
    "a folder of fixtures holds manifest.json, json files with `runs`, or clean512.safetensors",
  );
}

async function list(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (cause) {
    throw new CheckpointError(`${folder}: ${(cause as Error).message}`, "name a folder of fixtures", { cause });
  }
}

/** One file that is not as it should be counts as failed, and the others of the folder are run. */
async function runSteps(json: unknown, path: string, weights: string, only: readonly string[] | undefined) {
  try {
    return await runStepParity(toStepFixture(json, path), weights, only);
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    return failed([basename(path, ".json")], undefined, error.message);
  }
}

/** What is not there, or cannot be run, counts as failed. */
function failed(names: readonly string[], only: readonly string[] | undefined, detail: string): ParityResult[] {
  const wanted = names.filter((name) => !only || only.includes(name));
  return wanted.map((name) => ({ name, passed: false, worst: Number.POSITIVE_INFINITY, detail }));
}

// `zerosiam reproduce` as a process: stopped and gone on with, shared out, joined, and told in tables.

import type { ChildProcess } from "node:child_process";
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { belowTent } from "../../src/cli/lib/quickCheck.js";
import { ablationSettings } from "../../src/experiments/reproduce/ablations.js";
import { chooseRates, testSettings } from "../../src/experiments/reproduce/choice.js";
import { STREAMS, validationSettings } from "../../src/experiments/reproduce/protocol.js";
import type { CellSetting } from "../../src/experiments/sweep/cell.js";
import { keyOf } from "../../src/experiments/sweep/grid.js";
import { type Finished, readResults } from "../../src/experiments/sweep/results.js";
import { groupCells } from "../../src/report/group.js";
import { cell } from "../report/cells.js";
import { type RunOptions, zerosiam } from "./run.js";

const SCALE = { seeds: 1, limit: 1 };
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zerosiam-reproduce-"));
});
afterAll(() => rm(folder, { recursive: true }));

const reproduce = (args: string[], options: RunOptions = {}) =>
  zerosiam(["reproduce", "--seeds", "1", "--limit", "1", "--folder", folder, ...args], options);
const files = async () => (await readdir(folder)).filter((name) => name.endsWith(".jsonl")).sort();

/** A line of progress: a cell is done. */
const PROGRESS = /^\d+\/\d+ /m;
/** A signal, or Ctrl-C, when a line like this comes. */
const stopAt =
  (line: RegExp, signal: NodeJS.Signals = "SIGINT") =>
  (child: ChildProcess) =>
    void child.stderr?.on("data", (data: Buffer) => line.test(data.toString()) && child.kill(signal));

/** Made-up results of what is not there yet, in the file of a shard. */
async function pretend(path: string, settings: readonly CellSetting[], real: Finished): Promise<void> {
  const there = new Set((await readResults(path)).cells.map(({ setting }) => keyOf(setting)));
  const { adapter, inputs } = real;
  const left = settings.filter((setting) => !there.has(keyOf(setting)));
  const cells = left.map((setting): Finished => ({ ...cell(setting, 0.5), adapter, inputs }));
  await appendFile(path, cells.map((one) => `${JSON.stringify(one)}\n`).join(""));
}

describe("the quick form", () => {
  it("runs source, Tent and ZeroSiam on validation, and its exit code says what it found", async () => {
    const { code, stdout, stderr } = await zerosiam(["reproduce", "--quick", "--limit", "2"]);
    expect(stderr.match(/^\d+\/12 {2}(class-ordered|batch-1), validation/gm)).toHaveLength(12);
    expect(stdout).toContain("| method | class-ordered | batch-1 |");
    expect(code).toBe(stdout.includes("ZeroSiam is at or above Tent") ? 0 : 1);
  });

  it("names the streams on which ZeroSiam is below Tent", () => {
    const cells = (zerosiam: number) =>
      [0.6, 0.65].flatMap((tent, seed) => [
        cell({ method: "tent", stream: "batch-1", seed }, tent),
        cell({ method: "zerosiam", stream: "batch-1", seed }, zerosiam),
      ]);
    expect(belowTent(groupCells(cells(0.625)))).toEqual([]);
    expect(belowTent(groupCells(cells(0.62)))).toEqual(["batch-1"]);
  });
});

it("refuses a folder for its tables that cannot be one before it computes anything", async () => {
  const { code, stderr } = await reproduce(["--export", "package.json"], { during: stopAt(PROGRESS) });
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining("--export: package.json cannot") });
  expect(await files()).toEqual([]);
});

describe("processes that share the work", () => {
  it.each([
    ["SIGKILL", null],
    ["SIGTERM", 130],
  ] as const)("end with the one that started them, by %s, and leave whole cells", async (signal, ended) => {
    const own = await mkdtemp(join(tmpdir(), "zerosiam-shared-"));
    // Its output closes when the last of the processes has ended; all cells would take them minutes.
    const { code, stderr } = await reproduce(["--folder", own], { during: stopAt(PROGRESS, signal) });
    expect(code, stderr).toBe(ended);
    expect(stderr.match(/^validation: 224 cells to compute/gm)).toHaveLength(2);
    const results = await Promise.all((await readdir(own)).map((name) => readResults(join(own, name))));
    expect(results.map(({ torn }) => torn)).toEqual([false, false]);
    const done = results.reduce((sum, { cells }) => sum + cells.length, 0);
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(100);
    await rm(own, { recursive: true });
  });
});

describe("the reproduction", () => {
  let real: Finished;
  const shard = (i: number) => join(folder, `reproduce-${name()}.${i}-of-2.jsonl`);
  const cellsOf = ({ cells }: { cells: Finished[] }) => cells;
  const name = () => (real.adapter.startsWith("llvmpipe") ? "lavapipe" : real.adapter.toLowerCase().split(/\W/)[0]);

  it("stops at Ctrl-C with whole cells, and goes on with the next ones", async () => {
    const computed: string[] = [];
    for (let run = 0; run < 2; run++) {
      const { code, stderr } = await reproduce(["--shard", "0/2"], {
        during: stopAt(PROGRESS),
      });
      expect(code, stderr).toBe(130);
      expect(stderr).toMatch(/validation: \d+ cells to compute/);
      computed.push(...(stderr.match(/^\d+\/224 /gm) ?? []));
    }
    expect(computed.length).toBeGreaterThanOrEqual(2);
    expect(new Set(computed).size).toBe(computed.length);
    const [file] = await files();
    const { cells, torn } = await readResults(join(folder, file));
    expect(torn).toBe(false);
    expect(cells.length).toBe(computed.length);
    real = cells[0];
    expect(real.setting).toMatchObject({ part: "validation", limit: 1, method: "source", stream: "iid" });
  });

  it("waits for what another shard has not done, and chooses rates when all are there", async () => {
    const validation = validationSettings(SCALE);
    const half = validation.filter((_, i) => i % 2 === 0);
    await pretend(shard(0), half, real);
    const waiting = await reproduce(["--shard", "0/2"], { during: stopAt(/waiting for the other shards/) });
    expect(waiting.code, waiting.stderr).toBe(130);
    const other = validation.filter((_, i) => i % 2 === 1);
    await pretend(shard(1), other, real);
    const chosen = await reproduce(["--shard", "1/2", "--ablations"], { during: stopAt(PROGRESS) });
    expect(chosen.code, chosen.stderr).toBe(130);
    // ZeroSiam as it is belongs to both, and is run once.
    const choice = chooseRates((await Promise.all([0, 1].map((i) => readResults(shard(i))))).flatMap(cellsOf), SCALE);
    const keys = [...testSettings(choice, SCALE), ...ablationSettings(choice, SCALE)].map(keyOf);
    const count = new Set(keys).size;
    expect(count).toBeLessThan(keys.length);
    expect(chosen.stderr).toContain(`test: ${Math.floor(count / 2)} cells to compute`);
  });

  it("joins the shards' files and prints the tables, with nothing left to compute", async () => {
    const validation = (await Promise.all([0, 1].map((i) => readResults(shard(i))))).flatMap(cellsOf);
    const chosen = chooseRates(validation, SCALE);
    await pretend(shard(1), testSettings(chosen, SCALE), real);
    const { code, stdout, stderr } = await reproduce(["--export", join(folder, "export")]);
    expect(code, stderr).toBe(0);
    expect(stderr).not.toContain("to compute");
    expect(stdout).toContain("| method | iid | class-ordered | mixed | batch-1 | blind-spot | noise-first |");
    expect(await files()).toEqual([`reproduce-${name()}.jsonl`]);
    expect((await readdir(join(folder, "export"))).sort()).toEqual(
      ["claim", "each", "forgetting", "one", "published", "rates", "safe-ranges", "safe-ranges-1"]
        .concat(Object.keys(STREAMS).flatMap((stream) => [`metrics-${stream}`, `corruptions-${stream}`]))
        .flatMap((table) => [`${table}.csv`, `${table}.md`, `${table}.tex`])
        .concat("overview.html")
        .sort(),
    );
    const again = await reproduce(["--jobs", "1"]);
    expect(again.stdout).toContain(stdout.slice(stdout.indexOf("| method")));
  });

  it("refuses cells that were computed from something else", async () => {
    const path = join(folder, (await files())[0]);
    const text = await readFile(path, "utf8");
    for (const other of [text.replaceAll(real.inputs, "0".repeat(16)), text.replaceAll(real.adapter, "another")]) {
      await writeFile(path, other);
      const { code, stderr } = await reproduce(["--jobs", "1"]);
      expect({ code, stderr }).toMatchObject({
        code: 2,
        stderr: expect.stringContaining("has cells of other weights"),
      });
    }
    const [line] = text.split("\n");
    await writeFile(path, `${text}${line.replace(real.inputs, "0".repeat(16)).replace('"seed":0', '"seed":9')}\n`);
    const mixed = await reproduce(["--jobs", "1"]);
    expect(mixed).toMatchObject({ code: 1, stderr: expect.stringContaining("have cells of different weights, data") });
  });
});

// The file of finished cells: what a kill leaves of it, and how several are merged.
import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { mergeResults } from "../../src/experiments/sweep/merge.js";
import { type Finished, ResultsFile, readResults } from "../../src/experiments/sweep/results.js";
import { CheckpointError } from "../../src/tensor/errors.js";
import { phase } from "../report/cells.js";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "zerosiam-results-"));
});
afterEach(() => rm(folder, { recursive: true }));

function cell(seed: number, lr = 1e-3, more: Partial<Finished> = {}): Finished {
  const rates = { lr, lrPredictor: null, batchSize: null };
  return {
    setting: { model: "digits", method: "tent", stream: "mixed", part: "test", ...rates, seed },
    adapter: "lavapipe",
    inputs: "abc",
    result: { headline: "stream", phases: { stream: phase(0.5) } },
    seconds: { stream: Math.random() },
    ...more,
  };
}

describe("results", () => {
  it("lose nothing but a line that was cut off, wherever it was cut", async () => {
    const path = join(folder, "r.jsonl");
    const file = await ResultsFile.open(path);
    await file.add(cell(0));
    const whole = (await readFile(path)).length;
    await file.add(cell(1));
    const all = (await readFile(path)).length;
    for (let bytes = all - 1; bytes > whole; bytes -= 13) {
      await truncate(path, bytes);
      const again = await ResultsFile.open(path);
      expect(again.mended).toBe(true);
      expect(again.find(cell(0).setting)).toBeDefined();
      expect(again.find(cell(1).setting)).toBeUndefined();
      await again.add(cell(1));
      expect((await readResults(path)).cells.map(({ setting }) => setting.seed)).toEqual([0, 1]);
    }
    expect((await ResultsFile.open(path)).mended).toBe(false);
  });

  it("are found by setting, in whatever order its fields stand", async () => {
    const file = await ResultsFile.open(join(folder, "r.jsonl"));
    await file.add(cell(0));
    const turned = Object.fromEntries(Object.entries(cell(0).setting).reverse());
    expect(file.find(turned as Finished["setting"])).toBeDefined();
  });

  it("with a damaged line in their midst are refused, by its number", async () => {
    const path = join(folder, "r.jsonl");
    await writeFile(path, `${JSON.stringify(cell(0))}\n{"setting":\n`);
    await appendFile(path, `${JSON.stringify(cell(1))}\n`);
    await expect(readResults(path)).rejects.toThrow(CheckpointError);
    await expect(readResults(path)).rejects.toThrow(`${path}:2: this line is no cell`);
  });
});

describe("a line that is no cell", () => {
  const { setting, result, adapter, inputs } = cell(0);
  it.each([
    ["nothing", null],
    ["a list", []],
    ["no setting and no result", { setting: null, result: null, inputs }],
    ["a list for a setting", { setting: [], result, adapter, inputs }],
    ["no result", { setting, result: null, adapter, inputs }],
    ["no figures of the phase that counts", { setting, result: { ...result, headline: "return" }, adapter, inputs }],
    ["no adapter", { setting, result, inputs }],
    ["inputs that are no text", { setting, result, adapter, inputs: 1 }],
  ])("is refused: %s", async (_, line) => {
    const path = join(folder, "r.jsonl");
    await writeFile(path, `${JSON.stringify(cell(0))}\n${JSON.stringify(line)}\n`);
    await expect(readResults(path)).rejects.toThrow(CheckpointError);
    await expect(readResults(path)).rejects.toThrow(`${path}:2: this line is no cell`);
  });
});

describe("merged results", () => {
  const whole = [3, 1, 2, 0].map((seed) => cell(seed));
  const file = (path: string, cells: Finished[]) => ({ path, cells });

  it("are the same whatever the shards, their order and their times; a cell that two have comes once", () => {
    const one = JSON.stringify(mergeResults([{ path: "a", cells: whole }]));
    const shards = [
      { path: "c", cells: [cell(2), cell(3)] },
      { path: "b", cells: [cell(0), cell(1), cell(2)] },
    ];
    expect(JSON.stringify(mergeResults(shards))).toBe(one);
    expect(JSON.parse(one).map(({ setting }: Finished) => setting.seed)).toEqual([0, 1, 2, 3]);
    expect(one).not.toContain('"seconds":');
  });

  it("contradict each other when one setting has two results", () => {
    const other = cell(0, 1e-3, { result: { headline: "stream", phases: { stream: phase(0.6) } } });
    const merge = () => mergeResults([file("a", whole), file("b", [other])]);
    expect(merge).toThrow(CheckpointError);
    expect(merge).toThrow("a and b have different results for one setting: ");
  });

  it.each([
    ["weights, data or version: abc and other", { inputs: "other" }],
    ["adapters: lavapipe and swiftshader", { adapter: "swiftshader" }],
  ])("are of one origin, even where no two files share a setting: not of different %s", (what, more) => {
    const merge = () => mergeResults([file("a", []), file("b", whole), file("c", [cell(9, 1e-3, more)])]);
    expect(merge).toThrow(CheckpointError);
    expect(merge).toThrow(`b and c have cells of different ${what}`);
  });
});

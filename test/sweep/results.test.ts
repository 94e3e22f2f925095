// The file of finished cells: what a kill leaves of it, and how several are merged.
import { execFile } from "node:child_process";
import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { readSweepConfig } from "../../src/experiments/sweep/config.js";
import { mergeResults } from "../../src/experiments/sweep/merge.js";
import { type Finished, ResultsFile, readResults } from "../../src/experiments/sweep/results.js";
import { CheckpointError, ConfigError } from "../../src/tensor/errors.js";
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
    for (let bytes = all - 2; bytes > whole; bytes -= 13) {
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

  it.each([
    ["a text without an end of line", "Chapter 1\n\nIt was a dark night"],
    ["one line of another document", '{"setting":"dark","night":true'],
    ["a whole JSON document", '{"setting":{"model":"digits"}}'],
    ["a text of one line", "thesis"],
  ])("leave another file as it is: %s", async (_, text) => {
    const path = join(folder, "thesis.txt");
    await writeFile(path, text);
    await expect(ResultsFile.open(path)).rejects.toThrow(CheckpointError);
    expect(await readFile(path, "utf8")).toBe(text);
  });

  it("are read from files alone: a device has no end, and a pipe waits for someone to write", async () => {
    const pipe = join(folder, "pipe");
    await promisify(execFile)("mkfifo", [pipe]);
    for (const path of ["/dev/full", "/dev/null", pipe]) {
      await expect(ResultsFile.open(path)).rejects.toThrow(`${path}: is a device or a pipe, not a file`);
      await expect(readResults(path)).rejects.toThrow(CheckpointError);
      await expect(readSweepConfig(path)).rejects.toThrow(ConfigError);
    }
  });

  it("are read line by line, none of which is longer than a cell's", async () => {
    const path = join(folder, "hole.jsonl");
    await writeFile(path, `${JSON.stringify(cell(0))}\n`);
    await truncate(path, 2 ** 25);
    await expect(readResults(path)).rejects.toThrow(/:2: a line of \d{8} bytes is no cell/);
  });

  it("keep a last cell whose line has lost its end", async () => {
    const path = join(folder, "r.jsonl");
    await writeFile(path, JSON.stringify(cell(0)));
    const file = await ResultsFile.open(path);
    expect(file.mended).toBe(false);
    await file.add(cell(1));
    expect((await readResults(path)).cells.map(({ setting }) => setting.seed)).toEqual([0, 1]);
  });

  it("are not written where they could not be read again", async () => {
    const path = join(folder, "r.jsonl");
    const file = await ResultsFile.open(path);
    const odd = { ...cell(0), setting: { ...cell(0).setting, stream: "a/b" } };
    await expect(file.add(odd)).rejects.toThrow(CheckpointError);
    expect(await readFile(path, "utf8")).toBe("");
  });

  const changed = (change: (one: { setting: Record<string, unknown>; result: Record<string, unknown> }) => void) => {
    const one = structuredClone(cell(0)) as never;
    change(one);
    return JSON.stringify(one);
  };
  const stream = (figures: object) => ({ headline: "stream", phases: { stream: { ...phase(0.5), ...figures } } });
  it.each<[string, string]>([
    ["setting.stream", changed(({ setting }) => (setting.stream = "../../../x"))],
    ["setting.stream", changed(({ setting }) => (setting.stream = "..\\x"))],
    ["setting.stream", changed(({ setting }) => (setting.stream = "𝒜".repeat(100)))],
    ["setting.stream", changed(({ setting }) => (setting.stream = "overview"))],
    ["setting.stream", changed(({ setting }) => (setting.stream = "Nul.x"))],
    ["setting.stream", changed(({ setting }) => (setting.stream = "C:x"))],
    ["setting.method", changed(({ setting }) => (setting.method = "tent\n| 1 |"))],
    ["setting.predictor", changed(({ setting }) => (setting.predictor = "\x1b]0;x"))],
    ["setting.alpha", changed(({ setting }) => (setting.alpha = [1]))],
    ["setting.seed", changed(({ setting }) => (setting.seed = "0"))],
    ["setting.lr: missing", changed(({ setting }) => delete setting.lr)],
    ["result.headline", changed(({ result }) => (result.headline = "toString"))],
    ["accuracy: 7.5 is no", changed((one) => (one.result = stream({ accuracy: 7.5 })))],
    ['accuracy: "0.7" is no', changed((one) => (one.result = stream({ accuracy: "0.7" })))],
    ["terms: missing", changed((one) => (one.result = stream({ terms: undefined })))],
    ["bins[0]", changed((one) => (one.result = stream({ bins: [[1, 2]] })))],
    ["perCorruption.a/b", changed((one) => (one.result = stream({ perCorruption: { "a/b": phase(0.5) } })))],
  ])("of a line with a wrong %s are refused, by that place", async (place, line) => {
    const path = join(folder, "r.jsonl");
    await writeFile(path, `${JSON.stringify(cell(0))}\n${line}\n`);
    await expect(readResults(path)).rejects.toThrow(CheckpointError);
    await expect(readResults(path)).rejects.toThrow(place);
  });

  it("are read line by line: a file may be longer than a text", async () => {
    const path = join(folder, "long.jsonl");
    await writeFile(path, `${JSON.stringify(cell(0))}\nno cell\n`);
    await truncate(path, 2 ** 29); // zeros that take no place on the disk
    await appendFile(path, "\n");
    await expect(readResults(path)).rejects.toThrow(`${path}:2: this line is no cell`);
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

test("the committed results are cells by the same schema", async () => {
  const { cells } = await readResults("bench/results/findings-lavapipe.jsonl");
  expect(cells.length).toBeGreaterThan(100);
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

// The format of a sweep's lines: written into each, read from the first on, and a later one refused by its number.
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { FORMATS } from "../../src/experiments/format.js";
import { lineOf } from "../../src/experiments/sweep/line.js";
import { type Finished, ResultsFile, readResults } from "../../src/experiments/sweep/results.js";
import { CheckpointError } from "../../src/tensor/errors.js";
import { zerosiam } from "../cli/run.js";
import { sampleCells } from "../report/cells.js";

const CELLS = sampleCells().map((cell): Finished => ({ ...cell, adapter: "a", inputs: "b" }));
/** As releases before 0.2 wrote them. */
const unnumbered = (cells: readonly Finished[]) => cells.map((cell) => `${JSON.stringify(cell)}\n`).join("");
const numbered = (cells: readonly Finished[]) => cells.map((cell) => `${lineOf(cell)}\n`).join("");

let folder = "";
let path = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "zerosiam-format-"));
  path = join(folder, "r.jsonl");
});
afterEach(() => rm(folder, { recursive: true }));

test("every line that is written begins with its format", async () => {
  const file = await ResultsFile.open(path);
  for (const cell of CELLS) await file.add(cell);
  const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line).format)).toEqual(CELLS.map(() => FORMATS["cell of a sweep"]));
  for (const line of lines) expect(line).toMatch(/^\{"format":1,"setting":\{"model":"digits",/);
  expect((await readResults(path)).cells).toEqual(CELLS);
});

describe("lines without a format, as the committed results are", () => {
  it.each(["findings-lavapipe", "reproduce-lavapipe-0.1.0"])("are read: %s", async (name) => {
    const file = `bench/results/${name}.jsonl`;
    const { cells } = await readResults(file);
    expect(unnumbered(cells)).toBe(await readFile(file, "utf8"));
  });

  it("may stand before numbered ones, and lose nothing but a line that was cut off", async () => {
    const [first, second, third] = CELLS;
    await writeFile(path, unnumbered([first]) + unnumbered([second]).slice(0, -40));
    const file = await ResultsFile.open(path);
    expect(file.mended).toBe(true);
    await file.add(third);
    expect((await readResults(path)).cells).toEqual([first, third]);
  });

  it("are merged to the bytes that numbered ones are merged to", async () => {
    await writeFile(path, unnumbered(CELLS.slice(0, 3)));
    await writeFile(join(folder, "rest.jsonl"), numbered(CELLS.slice(3)));
    await writeFile(join(folder, "whole.jsonl"), numbered(CELLS));
    const merge = (...names: string[]) => zerosiam(["merge", ...names.map((name) => join(folder, name))]);
    const [shards, whole] = await Promise.all([merge("r.jsonl", "rest.jsonl"), merge("whole.jsonl")]);
    expect(shards.code, shards.stderr).toBe(0);
    expect(shards.stdout).toBe(whole.stdout);
    expect(shards.stdout).toMatch(/^\{"format":1,/);
  });
});

describe("a line of a later format", () => {
  // it may have nothing else that this release knows
  const LATER = '{"format":2,"cells":[]}\n';

  it("is refused by its place and both numbers, and the file stays as it is", async () => {
    await writeFile(path, numbered([CELLS[0]]) + LATER);
    const before = await readFile(path);
    await expect(readResults(path)).rejects.toThrow(
      `${path}:2: a cell of a sweep of format 2; this release reads up to format 1\n  help: a later release wrote it: update zerosiam`,
    );
    await expect(ResultsFile.open(path)).rejects.toThrow(CheckpointError);
    await appendFile(path, '{"format":2,"se');
    await expect(ResultsFile.open(path)).rejects.toThrow(CheckpointError);
    expect(await readFile(path, "utf8")).toBe(`${before}{"format":2,"se`);
  });

  it("is no torn line where it is cut off", async () => {
    await writeFile(path, '{"format":2,"setting":{"model":"digits","met');
    await expect(ResultsFile.open(path)).rejects.toThrow(CheckpointError);
    expect(await readFile(path, "utf8")).toContain("digits");
  });

  it("is refused by every command that reads lines, which then writes nothing", async () => {
    const sweep = join(folder, "s.jsonl");
    const reproduce = ["lavapipe", "swiftshader"].map((name) => join(folder, `reproduce-${name}.jsonl`));
    for (const name of [path, sweep, ...reproduce]) await writeFile(name, LATER);
    const before = await readdir(folder);
    const later = / a cell of a sweep of format 2; this release reads up to format 1\n {2}help: .* update zerosiam/;
    const commands = [
      ["merge", path, "--out", join(folder, "merged.jsonl")],
      ["report", path, "--out", join(folder, "report")],
      ["sweep", "examples/cluster/sweep.json", "--shard", "1/9999", "--out", sweep],
      ["reproduce", "--jobs", "1", "--folder", folder],
    ];
    for (const { code, stdout, stderr } of await Promise.all(commands.map((args) => zerosiam(args)))) {
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toMatch(later);
      expect(stderr).toContain(".jsonl:1: ");
    }
    expect(await readdir(folder)).toEqual(before);
    for (const name of before) expect(await readFile(join(folder, name), "utf8")).toBe(LATER);
  });
});

describe("a format that is no number", () => {
  it.each([null, "1", "NaN", 0, -1, 1.5, 1e300, [], {}, true])("is refused: %j", async (format) => {
    await writeFile(path, `${JSON.stringify({ ...CELLS[0], format })}\n`);
    await expect(readResults(path)).rejects.toThrow(CheckpointError);
    await expect(readResults(path)).rejects.toThrow(`${path}:1: this line is no cell of a sweep (this line: format`);
  });
});

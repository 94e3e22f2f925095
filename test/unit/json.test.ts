// JSON of other hands: every reader refuses by type what nests so deep that a recursion into it would end the stack.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { readSweepConfig } from "../../src/experiments/sweep/config.js";
import { lineOf, parseCell } from "../../src/experiments/sweep/line.js";
import { readResults } from "../../src/experiments/sweep/results.js";
import { parseJson } from "../../src/nn/io/json.js";
import { runCifarAdaptation } from "../../src/parity/cifarAdapt.js";
import { runOpsParity } from "../../src/parity/ops.js";
import { CheckpointError, ConfigError } from "../../src/tensor/errors.js";
import { sampleCells } from "../report/cells.js";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zerosiam-json-"));
});
afterAll(() => rm(folder, { recursive: true }));

const nested = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
const CELL = lineOf({ ...sampleCells()[0], adapter: "a", inputs: "b" });

test("brackets in texts nest nothing", () => {
  const value = ['a"[[['.repeat(40), { "{\\": "{{{".repeat(40) }];
  expect(parseJson(JSON.stringify(value))).toEqual(value);
  expect(parseJson(nested(32))).toBeTruthy();
  expect(() => parseJson(nested(33))).toThrow("deeper than 32");
  expect(() => parseJson('"\\')).toThrow(SyntaxError);
});

describe.each([
  ["lists alone", nested(10_000)],
  ["lists in a field", `{"cases":${nested(10_000)},"runs":${nested(10_000)}}`],
])("%s, ten thousand deep", (_, text) => {
  it("are no line, configuration or manifest", async () => {
    await writeFile(join(folder, "r.jsonl"), `${text}\n`);
    await expect(readResults(join(folder, "r.jsonl"))).rejects.toThrow(CheckpointError);
    await expect(readResults(join(folder, "r.jsonl"))).rejects.toThrow("nests deeper");
    await writeFile(join(folder, "sweep.json"), text);
    await expect(readSweepConfig(join(folder, "sweep.json"))).rejects.toThrow(ConfigError);
    for (const name of ["manifest.json", "adapt.json"]) await writeFile(join(folder, name), text);
    await expect(runOpsParity(folder)).rejects.toThrow(CheckpointError);
    await expect(runCifarAdaptation(folder, () => true)).rejects.toThrow(CheckpointError);
  });
});

test("a field beside those of a cell does not get through either", () => {
  const line = CELL.replace('"inputs"', `"extra":${nested(10_000)},"inputs"`);
  expect(() => parseCell(line, "f:1")).toThrow(CheckpointError);
});

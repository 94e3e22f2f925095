// `zerosiam report` as a process: tables and figures of a sweep's cells, from the files alone.
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { returnCell, sampleCells, sweptCells } from "../report/cells.js";
import { zerosiam } from "./run.js";

let folder = "";
const file = (name: string): string => join(folder, name);
const write = (name: string, cells: readonly object[], from: object = {}) =>
  writeFile(
    file(name),
    cells.map((cell) => `${JSON.stringify({ ...cell, adapter: "a", inputs: "b", ...from })}\n`).join(""),
  );

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zerosiam-report-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("writes every table in three formats, and the figures", async () => {
  await write("validation.jsonl", sweptCells());
  await write("test.jsonl", [...sampleCells(), ...["source", "tent"].map((name) => returnCell(name, 0, 0.5))]);
  const paths = [file("validation.jsonl"), file("test.jsonl")];
  const { code, stdout, stderr } = await zerosiam(["report", ...paths, "--out", file("out"), "--json", file("r.json")]);
  expect(code, stderr).toBe(0);
  expect(stdout).toContain("| ZeroSiam |");
  const streams = ["class-ordered", "mixed", "return-to-source"];
  const tables = ["accuracy", "chosen", "difference", "forgetting", "safe-range-mixed", "settings"];
  for (const stream of streams) tables.push(`metrics-${stream}`, `corruptions-${stream}`);
  const files = tables.flatMap((name) => ["csv", "md", "tex"].map((end) => `${name}.${end}`));
  expect((await readdir(file("out"))).sort()).toEqual([...files, "overview.html"].sort());
  expect(await readFile(file("out/forgetting.md"), "utf8")).toMatch(
    /^\| Tent \| .*97\.0.* \| .*47\.0.* \| .*−50\.0.* \|/m,
  );
  expect(await readFile(file("out/metrics-mixed.md"), "utf8")).not.toContain("alignment"); // nobody has one
  expect(await readFile(file("out/overview.html"), "utf8")).toContain("Accuracy against learning rate: mixed");
  expect(JSON.parse(await readFile(file("r.json"), "utf8"))).toMatchObject({ adapter: "a", seed: 0, tables: {} });
});

test("says what it cannot report", async () => {
  await write("empty.jsonl", []);
  const empty = await zerosiam(["report", file("empty.jsonl"), "--out", file("none")]);
  expect([empty.code, empty.stderr]).toEqual([1, expect.stringContaining("no cell")]);
  const missing = await zerosiam(["report", file("missing.jsonl"), "--out", file("none")]);
  expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining("there is no such file")]);
  await write("taken", sampleCells());
  const taken = await zerosiam(["report", file("taken"), "--out", file("taken")]);
  expect([taken.code, taken.stderr]).toEqual([2, expect.stringContaining("cannot be made a folder")]);
});

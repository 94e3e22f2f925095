// `zerosiam report` as a process: tables and figures of a sweep's cells, from the files alone.
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
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

test("of lines that would lead out of its folder writes nothing", async () => {
  const cells = sampleCells();
  await write("evil.jsonl", [...cells, { ...cells[0], setting: { ...cells[0].setting, stream: "../../../x" } }]);
  const { code, stderr } = await zerosiam(["report", file("evil.jsonl"), "--out", file("evil")]);
  expect(code).toBe(1);
  expect(stderr).toContain(`evil.jsonl:${cells.length + 1}: this line is no cell of a sweep`);
  expect(await readdir(folder)).not.toContain("evil");
});

test("a full disk behind stdout is told, and costs no file", async () => {
  await write("full.jsonl", sampleCells());
  const command = `"$0" bin/zerosiam.mjs merge "$1" --json "$2" > /dev/full`;
  const args = ["-c", command, process.execPath, file("full.jsonl"), file("full.json")];
  const failed = await promisify(execFile)("bash", args).catch((error: unknown) => error);
  expect(failed).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("CheckpointError: stdout: cannot be written (ENOSPC)"),
  });
  expect(JSON.parse(await readFile(file("full.json"), "utf8")).cells).toHaveLength(sampleCells().length);
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

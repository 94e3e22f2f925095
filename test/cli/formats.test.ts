// docs/formats.md holds: what commands write has the fields of its tables, of these types, and no others.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { FORMATS } from "../../src/experiments/format.js";
import { parseCell } from "../../src/experiments/sweep/line.js";
import { readResults } from "../../src/experiments/sweep/results.js";
import { DigitsNet, loadSafetensors, saveTensors } from "../../src/nn/index.js";
import { groupCells } from "../../src/report/group.js";
import { reproductionOf } from "../../src/report/reproduction.js";
import { overviewReport } from "../../src/report/sweepReport.js";
import { openDevice, Rng } from "../../src/tensor/index.js";
import { sampleCells, sweptCells } from "../report/cells.js";
import { COMMON, sectionOf, undocumented } from "./documented.js";
import { zerosiam } from "./run.js";

let folder = "";
const file = (name: string): string => join(folder, name);
beforeAll(async () => {
  await openDevice();
  folder = await mkdtemp(join(tmpdir(), "zerosiam-formats-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** What a command writes by `--json -`. */
async function documentOf(...args: string[]) {
  const { code, stdout, stderr } = await zerosiam([...args, "--json", "-"]);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

test("the page names every format by its number, and is no longer than can be read at once", async () => {
  const numbers = [...sectionOf("The number").matchAll(/^\|[^|]*\|[^|]*\| (\d+) \|/gm)].map(([, number]) =>
    Number(number),
  );
  const [refusal] = /CheckpointError: [^`]*/.exec(sectionOf("The number")) ?? [];
  expect(() => parseCell('{"format":2}', "r.jsonl:3")).toThrow(`${refusal?.slice("CheckpointError: ".length)}\n`);
  expect(numbers.sort()).toEqual(Object.values(FORMATS).sort());
  expect((await readFile("docs/formats.md", "utf8")).split("\n").length).toBeLessThanOrEqual(121);
});

test("adapt: its document, its predictions and its state", async () => {
  await saveTensors(file("net.safetensors"), new DigitsNet({ rng: new Rng(0) }).stateDict());
  const data = ["--model", "digits", "--weights", file("net.safetensors"), "--data", "assets/digits-test.safetensors"];
  const outputs = ["--save", file("s.safetensors"), "--predictions", file("p.csv")];
  const parts = ["--limit", "64", "--batch", "32", "--epochs", "2", "--evaluate", "--alarm", "warn"];
  const plain = await documentOf("adapt", ...data, "--method", "sar", ...parts, ...outputs);
  expect(plain.warnings.length).toBeGreaterThan(0);
  expect(undocumented(plain, "adapt")).toEqual([]);
  expect(await readFile(file("p.csv"), "utf8")).toMatch(/^image,label,prediction\n(\d+,\d,\d\n){128}$/);
  expect(sectionOf("adapt")).toContain("`image,label,prediction`");
  const { tensors, metadata } = await loadSafetensors(file("s.safetensors"));
  const [words, rest] = sectionOf("A state").split("Its tensors");
  expect([...words.matchAll(/`(?!adapt)(\w+)`/g)].map(([, name]) => name).sort()).toEqual([...metadata.keys()].sort());
  for (const [name, width] of [
    ["record.answers", 4],
    ["record.steps", 8],
  ] as const) {
    expect(tensors.get(name)).toMatchObject({ dtype: "F64", shape: [expect.any(Number), width] });
    expect(rest).toMatch(new RegExp(`\`${name}\` F64 \\[\\w+, ${width}\\]`));
  }
  const each = ["--limit", "4", "--method", "source", "--reset-each", "file"];
  const byFile = await documentOf("adapt", ...data, ...each);
  expect(Object.keys(byFile.perFile)).toEqual(["digits-test.safetensors"]);
  expect(undocumented(byFile, "adapt")).toEqual([]);
});

test("sweep, merge and report, and the cells themselves", async () => {
  const assets = (name: string) => join(process.cwd(), "assets", `${name}.safetensors`);
  const config = {
    ...{ model: "digits", weights: assets("digits"), data: { test: assets("digits-test") }, curves: true },
    grids: [{ methods: ["source", "zerosiam"], streams: "mixed", seeds: 1, rates: 1e-3, options: { limit: 2 } }],
  };
  await writeFile(file("sweep.json"), JSON.stringify(config));
  const swept = await documentOf("sweep", file("sweep.json"), "--out", file("r.jsonl"));
  expect(undocumented(swept, "sweep")).toEqual([]);
  const lines = (await readFile(file("r.jsonl"), "utf8")).trimEnd().split("\n");
  for (const line of lines) expect(undocumented(JSON.parse(line), "A cell")).toEqual([]);
  const report = ["report", file("r.jsonl"), "--out", file("report")];
  const [merged, reported] = await Promise.all([documentOf("merge", file("r.jsonl")), documentOf(...report)]);
  expect(undocumented(merged, "merge")).toEqual([]);
  for (const cell of merged.cells) expect(undocumented({ format: 1, ...cell }, "A cell")).toEqual([]);
  expect(undocumented(reported, "report")).toEqual([]);
});

describe("documents, but for what is common, of", () => {
  const written = (value: object) => JSON.parse(JSON.stringify({ ...COMMON, ...value }));

  it("evaluate", () => {
    const facts = {
      command: "c",
      created: "",
      interrupted: false,
      adapter: "a",
      versions: {},
      config: {},
      classes: [],
    };
    const [chosen, swept] = [groupCells(sampleCells()), groupCells(sweptCells())];
    const { results: rows, sweeps } = overviewReport(facts, chosen, swept);
    expect(undocumented(written({ rows, sweeps }), "evaluate")).toEqual([]);
  });

  it("reproduce", async () => {
    const { cells } = await readResults("bench/results/reproduce-lavapipe-0.1.0.jsonl");
    const { tables } = reproductionOf(cells, { seeds: 5 });
    expect(undocumented(written({ tables }), "reproduce")).toEqual([]);
  });
});

test("a field that is missing, new or of another type is told", () => {
  const parity = {
    ...COMMON,
    passed: 1,
    failed: 0,
    worst: 0.5,
    results: [{ name: "a", passed: true, worst: null, detail: "" }],
  };
  const wrong = (change: object) => undocumented({ ...parity, ...change }, "parity");
  expect(wrong({})).toEqual([]);
  expect(wrong({ worst: undefined, passed: 0.5, more: 1 })).toHaveLength(3);
  expect(wrong({ results: [{ name: 1, passed: true, worst: 1 }] })).toHaveLength(2);
  expect(wrong({ results: {} })).toHaveLength(1);
  const { failed: _, ...less } = parity;
  expect(undocumented(less, "parity")).toEqual([".failed: missing"]);
});

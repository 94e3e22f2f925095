// Single ops against PyTorch: results and gradients of the golden fixtures and at the edges of f32, within their tolerances.
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { Comparison } from "../../src/parity/compare.js";
import { runOpsParity } from "../../src/parity/ops.js";
import { CheckpointError, openDevice } from "../../src/tensor/index.js";

const FIXTURES = fileURLToPath(new URL("../fixtures", import.meta.url));
const FOLDER = join(FIXTURES, "ops");

beforeAll(async () => {
  await openDevice();
});

test.each([
  ["ops", 286],
  ["edges", 129],
])("every case of %s is within the fixture's tolerance", async (folder, count) => {
  const results = await runOpsParity(join(FIXTURES, folder));
  expect(results.length).toBe(count);
  expect(results.filter(({ passed }) => !passed)).toEqual([]);
});

describe("a comparison", () => {
  const passes = (got: number, want: number) => {
    const comparison = new Comparison();
    comparison.add("y", [0, got], [0, want], { rtol: 1e-4, atol: 1e-5 });
    return comparison.result("case").passed;
  };
  const [NAN, INF] = [Number.NaN, Number.POSITIVE_INFINITY];

  test("takes NaN for NaN and infinities for themselves", () => {
    for (const value of [NAN, INF, -INF, 0]) expect(passes(value, value)).toBe(true);
  });

  test.each([
    [0, NAN],
    [NAN, 0],
    [INF, NAN],
    [NAN, INF],
    [-INF, INF],
    [3.4e38, INF],
    [INF, 3.4e38],
    [0, -INF],
  ])("does not take %d for %d", (got, want) => expect(passes(got, want)).toBe(false));
});

describe("the runner", () => {
  /** Runs the fixtures' case `id` after `change`, and `others` of its file as they are. */
  async function runChanged(id: string, change: Record<string, unknown>, ...others: readonly string[]) {
    const folder = await mkdtemp(join(tmpdir(), "zerosiam-test-"));
    try {
      const { cases } = JSON.parse(await readFile(join(FOLDER, "manifest.json"), "utf8"));
      const caseOf = (name: string) => cases.find((other: { id: string }) => other.id === name);
      const { file } = caseOf(id);
      await copyFile(join(FOLDER, file), join(folder, file));
      const changed = [{ ...caseOf(id), ...change }, ...others.map(caseOf)];
      await writeFile(join(folder, "manifest.json"), JSON.stringify({ cases: changed }));
      return await runOpsParity(folder);
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  test("fails a case with another result, and says where", async () => {
    const [result] = await runChanged("add_00", { op: "sub" });
    expect(result).toMatchObject({ name: "add_00", passed: false, detail: expect.stringMatching(/^y\[\d+\]: got/) });
  });

  test("fails a case with another gradient", async () => {
    const [result] = await runChanged("mul_00", { grads: { a: "mul_00.grad.b", b: "mul_00.grad.a" } });
    expect(result).toMatchObject({ passed: false, detail: expect.stringMatching(/^gradient of [ab]\[\d+\]: got/) });
  });

  test("fails a case with the right elements in another shape", async () => {
    const [result] = await runChanged("reshape_00", { attrs: { shape: [1, -1] }, grads: {}, gy: undefined });
    expect(result).toMatchObject({ passed: false, detail: expect.stringMatching(/^y is \[1, \d+\], not \[.*\]$/) });
  });

  test("fails a case whose op is not there, instead of passing it over", async () => {
    const [result] = await runChanged("add_00", { op: "toString" });
    expect(result).toMatchObject({
      passed: false,
      detail: expect.stringContaining("the op toString is not implemented"),
    });
  });

  test("reads attributes and inputs by name, in whatever order", async () => {
    const [first] = await runChanged("sum_01", { attrs: { keepdim: false, axes: [0] } });
    expect(first).toMatchObject({ name: "sum_01", passed: true });
    const [second] = await runChanged("sub_00", { inputs: { b: "sub_00.in.b", a: "sub_00.in.a" } });
    expect(second).toMatchObject({ name: "sub_00", passed: true });
  });

  test.each([
    ["attrs", { attrs: undefined }, "manifest.json: sum_00: no attrs"],
    ["inputs", { inputs: undefined }, "manifest.json: sum_00: no inputs"],
    ["outputs", { outputs: undefined }, "manifest.json: sum_00: no outputs"],
    ["a tolerance", { tol: undefined }, "manifest.json: sum_00: no tol"],
    ["an attribute", { attrs: { keepdim: false } }, "manifest.json: attrs of sum_00: no axes"],
    ["an input", { inputs: {}, grads: {} }, "the op sum is not implemented"],
    ["an input with a gradient", { inputs: {} }, "manifest.json: inputs of sum_00: no x"],
    ["an input's tensor", { inputs: { x: "nowhere" } }, "reduce.safetensors: no nowhere"],
    ["an output's tensor", { outputs: { y: "nowhere" } }, "reduce.safetensors: no nowhere"],
    ["a gradient's tensor", { gy: "nowhere" }, "reduce.safetensors: no nowhere"],
    ["a result", { outputs: { z: "sum_00.out.y" } }, "the results of sum for sum_00: no z"],
    ["its file", { file: "nowhere.safetensors" }, "nowhere.safetensors: cannot be read"],
  ])("fails a case without %s, and runs the others", async (_, change, detail) => {
    const [broken, other] = await runChanged("sum_00", change, "sum_01");
    expect(broken).toMatchObject({ name: "sum_00", passed: false, detail: expect.stringContaining(detail) });
    expect(other).toMatchObject({ name: "sum_01", passed: true });
  });

  test("refuses a manifest with a case that has no name", async () => {
    await expect(runChanged("sum_00", { id: undefined })).rejects.toThrow(CheckpointError);
  });

  test("runs the ops asked for", async () => {
    const results = await runOpsParity(FOLDER, { only: ["neg", "expand"] });
    expect(results.map(({ name }) => name)).toEqual(["neg_00", "expand_00", "expand_01"]);
  });

  test("refuses a folder without fixtures", async () => {
    await expect(runOpsParity(tmpdir())).rejects.toThrow(CheckpointError);
  });
});

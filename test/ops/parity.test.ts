// Single ops against PyTorch in float64: results and gradients of the golden fixtures, within the fixtures' tolerances.
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { CheckpointError, openDevice } from "../../src/tensor/index.js";
import { runOpsParity } from "../../src/zerosiam/parity/ops.js";

const FOLDER = fileURLToPath(new URL("../fixtures/ops", import.meta.url));

beforeAll(async () => {
  await openDevice();
});

test("every case is within the fixture's tolerance", async () => {
  const results = await runOpsParity(FOLDER);
  expect(results.length).toBe(286);
  expect(results.filter(({ passed }) => !passed)).toEqual([]);
});

describe("the runner", () => {
  /** Runs the fixtures' case `id` after `change`. */
  async function runChanged(id: string, change: Record<string, unknown>) {
    const folder = await mkdtemp(join(tmpdir(), "zerosiam-test-"));
    try {
      const { cases } = JSON.parse(await readFile(join(FOLDER, "manifest.json"), "utf8"));
      const one = cases.find((other: { id: string }) => other.id === id);
      await copyFile(join(FOLDER, one.file), join(folder, one.file));
      await writeFile(join(folder, "manifest.json"), JSON.stringify({ cases: [{ ...one, ...change }] }));
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

  test("fails a case whose op is not there, instead of passing it over", async () => {
    const [result] = await runChanged("add_00", { op: "toString" });
    expect(result).toMatchObject({
      passed: false,
      detail: expect.stringContaining("the op toString is not implemented"),
    });
  });

  test("runs the ops asked for", async () => {
    const results = await runOpsParity(FOLDER, { only: ["neg", "expand"] });
    expect(results.map(({ name }) => name)).toEqual(["neg_00", "expand_00", "expand_01"]);
  });

  test("refuses a folder without fixtures", async () => {
    await expect(runOpsParity(tmpdir())).rejects.toThrow(CheckpointError);
  });
});

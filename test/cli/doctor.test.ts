// `zerosiam doctor` on this machine: the adapters, a self-test that computes, and the JSON that scripts read.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { undocumented } from "./documented.js";
import { zerosiam } from "./run.js";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zerosiam-doctor-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("zerosiam doctor", () => {
  it("finds an adapter, tests it, and writes what it found", async () => {
    const json = join(folder, "doctor.json");
    const { code, stdout } = await zerosiam(["doctor", "--json", json]);
    expect(code, stdout).toBe(0);
    expect(stdout).toContain("Next: zerosiam demo");
    const document = JSON.parse(await readFile(json, "utf8"));
    expect(undocumented(document, "doctor")).toEqual([]);
    expect(document.versions).toMatchObject({ node: process.versions.node, zerosiam: expect.any(String) });
    expect(document.adapters.some((a: { ok: boolean; name: string }) => a.ok && a.name === document.adapter)).toBe(
      true,
    );
    expect(document.selfTest.map(({ op }: { op: string }) => op)).toEqual(["exp", "sum", "matmul", "softmax", "tanh"]);
    for (const { maxUlp, ok } of document.selfTest) {
      expect(ok).toBe(true);
      expect(maxUlp, "a float32 computation that is never wrong was not run").toBeGreaterThan(0);
    }
  });

  it("fails with the names there are when the adapter asked for is missing", async () => {
    const { code, stdout } = await zerosiam(["doctor", "--adapter", "voodoo2"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/Problem: .*voodoo2/);
    expect(stdout).toContain("help:");
  });
});

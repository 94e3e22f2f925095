// `zerosiam demo` as a process: its report, its JSON, the same figures at every run, and full disks.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PagePayload } from "../../src/report/payload.js";
import { readTags, scriptText } from "../report/tags.js";
import { undocumented } from "./documented.js";
import { zerosiam } from "./run.js";

let folder = "";
const file = (name: string): string => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zerosiam-demo-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Twelve corruptions of 4 images each: three batches. */
function demo(name: string, ...args: string[]) {
  const files = ["--report", file(`${name}.html`), "--json", file(`${name}.json`)];
  return zerosiam(["demo", "--limit", "4", ...files, ...args]);
}

async function readJson(name: string) {
  return JSON.parse(await readFile(file(`${name}.json`), "utf8"));
}

describe("zerosiam demo", () => {
  it("writes a report that draws every method, and the JSON that scripts read", async () => {
    const { code, stdout, stderr } = await demo("full");
    expect(code, stderr).toBe(0);
    expect(stdout).toContain(`report: ${file("full.html")}`);
    expect(stderr).toMatch(/48\/48 images {3}Source \d+\.\d % {3}Tent \d+\.\d % {3}ZeroSiam \d+\.\d %/);
    const document = await readJson("full");
    expect(undocumented(document, "demo")).toEqual([]);
    const { adapter, versions, seed, config, methods } = document;
    expect({ adapter, versions, config }).toEqual({
      adapter: expect.any(String),
      versions: expect.objectContaining({ webgpu: expect.any(String) }),
      config: expect.objectContaining({ batch: 16, limit: 4 }),
    });
    expect(seed).toBe(0);
    expect(Object.keys(methods)).toEqual(["source", "tent", "zerosiam"]);
    for (const { accuracy, perBatch, secondsPerImage } of Object.values<Record<string, never>>(methods)) {
      expect(Object.keys(perBatch[0])).toEqual(["step", "n", "accuracy", "entropy", "logitNorm", "dominantShare"]);
      expect(secondsPerImage).toBeGreaterThan(0);
      const right = (perBatch as { n: number; accuracy: number }[]).reduce((sum, row) => sum + row.n * row.accuracy, 0);
      expect(accuracy).toBeCloseTo(right / 48, 12);
    }
    const page = await readFile(file("full.html"), "utf8");
    expect(readTags(page).filter(({ name }) => name === "canvas").length).toBe(4);
    const { charts } = JSON.parse(scriptText(page, "report-data")) as PagePayload;
    expect(charts.map(({ id }) => id)).toContain("predictor-distance");
  });

  it("gives the same figures for the same seed, and others for another", async () => {
    const [a, b, c] = [await demo("a"), await demo("b"), await demo("c", "--seed", "1")];
    expect([a.code, b.code, c.code]).toEqual([0, 0, 0]);
    const figures = async (name: string) => {
      const { methods } = await readJson(name);
      return methods.zerosiam.perBatch;
    };
    expect(await figures("b")).toEqual(await figures("a"));
    expect(await figures("c")).not.toEqual(await figures("a"));
  });

  it("runs only the methods that are named", async () => {
    await demo("two", "--methods", "zerosiam,source");
    expect(Object.keys((await readJson("two")).methods)).toEqual(["zerosiam", "source"]);
  });

  it("says that the disk is full, and leaves nothing", async () => {
    const { code, stderr } = await zerosiam(["demo", "--limit", "1", "--methods", "source", "--report", "/dev/full"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/CheckpointError: \/dev\/full: cannot be written \(ENOSPC\)\n {2}help: the disk is full/);
    expect((await readdir("/dev")).filter((name) => name.startsWith("full"))).toEqual(["full"]);
  });
});

// `zerosiam parity` as a process: which fixtures a folder holds, the last line that scripts read, exit codes.
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { undocumented } from "./documented.js";
import { zerosiam } from "./run.js";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zerosiam-parity-"));
});
afterAll(() => rm(folder, { recursive: true }));

const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "";

// Processes of their own, which compile their kernels anew.
describe("zerosiam parity", () => {
  it("runs the steps of one method and says how many passed, and how near the worst came to its tolerance", async () => {
    for (const name of ["mlp_ln.json", "mlp_ln.safetensors"]) {
      await cp(join("test/fixtures/zerosiam", name), join(folder, "steps", name), { recursive: true });
    }
    const json = join(folder, "steps.json");
    const { code, stdout, stderr } = await zerosiam([
      "parity",
      join(folder, "steps"),
      "--only",
      "tent",
      "--json",
      json,
    ]);
    expect(code, stdout + stderr).toBe(0);
    expect(lastLine(stdout)).toMatch(/^passed 2 failed 0 worst 0\.\d+$/);
    const document = JSON.parse(await readFile(json, "utf8"));
    expect(undocumented(document, "parity")).toEqual([]);
    const { passed, failed, worst, results } = document;
    expect({ passed, failed }).toEqual({ passed: 2, failed: 0 });
    expect(lastLine(stdout)).toContain(String(Number(worst.toPrecision(4))));
    expect(results.map(({ name }: { name: string }) => name)).toEqual(["mlp_ln/tent", "mlp_ln/tent_mom0"]);
  });

  it("tells the folder of the CIFAR-10 models by its images", async () => {
    // one model, without the runs of methods
    for (const name of ["clean512", "resnet20_gn"]) {
      await cp(`test/fixtures/cifar10/${name}.safetensors`, join(folder, "cifar", `${name}.safetensors`));
    }
    const { code, stdout } = await zerosiam(["parity", join(folder, "cifar"), "--only", "resnet20_gn"]);
    expect(code, stdout).toBe(0);
    expect(lastLine(stdout)).toMatch(/^passed 1 failed 0 worst 0\.\d+$/);
  });

  it("counts a model that is not implemented as failed", async () => {
    await mkdir(join(folder, "models"));
    await writeFile(join(folder, "models/net.json"), JSON.stringify({ model: "perceiver" }));
    const { code, stdout } = await zerosiam(["parity", join(folder, "models")]);
    expect(code).toBe(1);
    expect(lastLine(stdout)).toBe("passed 0 failed 1 worst Infinity");
  });

  it("counts a broken case of an op as failed, and exits with 1", async () => {
    await mkdir(join(folder, "ops"));
    await writeFile(
      join(folder, "ops/manifest.json"),
      JSON.stringify({ cases: [{ id: "broken", op: "foo", file: "foo" }] }),
    );
    const { code, stdout } = await zerosiam(["parity", join(folder, "ops")]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^FAIL broken /m);
    expect(lastLine(stdout)).toBe("passed 0 failed 1 worst Infinity");
  });

  it("refuses a folder without fixtures, one that is not there, and a name that none has", async () => {
    await mkdir(join(folder, "empty"));
    const empty = await zerosiam(["parity", join(folder, "empty")]);
    expect(empty).toMatchObject({ code: 1, stderr: expect.stringContaining("no fixtures") });
    const missing = await zerosiam(["parity", join(folder, "nowhere")]);
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining("nowhere: ENOENT") });
    await mkdir(join(folder, "caseless"));
    await writeFile(join(folder, "caseless/manifest.json"), JSON.stringify({ cases: [] }));
    const caseless = await zerosiam(["parity", join(folder, "caseless")]);
    expect(caseless).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("caseless: its fixtures list no cases"),
    });
    const none = await zerosiam(["parity", join(folder, "models"), "--only", "foo"]);
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining("no fixture of foo") });
  });
});

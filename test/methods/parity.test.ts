// Adaptation steps against PyTorch in float64: losses, logits, gradients, parameters, filter counts, averages and recoveries.
import { readFileSync } from "node:fs";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeImageSet } from "../../src/data/imageSet.js";
import { CIFAR_IMAGES, runCifarParity } from "../../src/parity/cifar.js";
import { runCifarAdaptation } from "../../src/parity/cifarAdapt.js";
import type { StepFixture } from "../../src/parity/stepFixture.js";
import { runStepParity } from "../../src/parity/steps.js";
import { openDevice } from "../../src/tensor/index.js";

const path = (name: string) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

beforeAll(async () => {
  await openDevice();
});

describe.each([
  "zerosiam/bn_conv",
  "zerosiam/gn_conv",
  "zerosiam/mlp_ln",
  "zerosiam/vit_ln",
  "zerosiam-options/mlp_options",
])("%s", (name) => {
  const fixture = JSON.parse(readFileSync(path(`${name}.json`), "utf8")) as StepFixture;

  test("every run is within the fixture's tolerance", async () => {
    const results = await runStepParity(fixture, path(`${name}.safetensors`));
    expect(results).toHaveLength(Object.keys(fixture.runs).length);
    expect(results.filter(({ passed }) => !passed)).toEqual([]);
  });

  test("a run of a method that is not there fails instead of being passed over", async () => {
    const results = await runStepParity(
      { ...fixture, runs: { x: { ...Object.values(fixture.runs)[0], method: "none" } } },
      path(`${name}.safetensors`),
    );
    expect(results).toMatchObject([{ name: `${fixture.config}/x`, passed: false }]);
  });

  test.each([
    ["a net that is not there", { arch: { kind: "perceiver" } }, {}, /unknown architecture/],
    ["no step", { steps: 0 }, {}, /has 0 steps/],
    ["a hyperparameter that is not known", {}, { hyper: { lr: 1e-3, momentun: 0.5 } }, /unknown option "momentun"/],
  ])("a run with %s fails", async (_, other, settings, detail) => {
    const [run] = Object.values(fixture.runs);
    const runs = { x: { ...run, ...settings }, y: { ...run, ...settings } };
    const results = await runStepParity({ ...fixture, ...other, runs } as StepFixture, path(`${name}.safetensors`));
    const failed = { passed: false, detail: expect.stringMatching(detail) };
    expect(results).toMatchObject(["x", "y"].map((run) => ({ name: `${fixture.config}/${run}`, ...failed })));
  });
});

describe("the CIFAR-10 fixtures, without a tensor", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "zerosiam-parity-"));
    await cp(path("cifar10"), folder, { recursive: true });
    const set = {
      count: 1,
      height: 32,
      width: 32,
      channels: 3,
      images: new Uint8Array(3072),
      labels: Int32Array.of(0),
    };
    for (const name of [CIFAR_IMAGES, "shifted512.safetensors"])
      await writeFile(join(folder, name), encodeImageSet(set));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test("the logits' case fails by name", async () => {
    expect(await runCifarParity(folder, ["resnet20_gn"])).toMatchObject([
      { name: "resnet20_gn", passed: false, detail: expect.stringContaining("no tensor resnet20_gn.logits") },
    ]);
  });

  test("a shifted stream is refused", async () => {
    await expect(runCifarAdaptation(folder, () => true)).rejects.toThrow("no tensor permutations");
  });
});

// Adaptation steps against PyTorch in float64: losses, logits, gradients, parameters, filter counts, averages and recoveries.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { openDevice } from "../../src/tensor/index.js";
import type { StepFixture } from "../../src/zerosiam/parity/stepFixture.js";
import { runStepParity } from "../../src/zerosiam/parity/steps.js";

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
});

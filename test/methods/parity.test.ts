// Adaptation steps against PyTorch in float64: losses, logits, gradients, parameters, for every implemented method.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { openDevice } from "../../src/tensor/index.js";
import { METHODS } from "../../src/zerosiam/methods/index.js";
import { runStepParity, type StepFixture } from "../../src/zerosiam/parity/steps.js";

const path = (name: string) => fileURLToPath(new URL(`../fixtures/zerosiam/${name}`, import.meta.url));

beforeAll(async () => {
  await openDevice();
});

describe.each(["bn_conv", "gn_conv", "mlp_ln", "vit_ln"])("%s", (config) => {
  const fixture = JSON.parse(readFileSync(path(`${config}.json`), "utf8")) as StepFixture;

  test("every run is within the fixture's tolerance", async () => {
    const results = await runStepParity(fixture, path(`${config}.safetensors`), METHODS);
    const runs = Object.values(fixture.runs).filter(({ method }) => METHODS.includes(method));
    expect(results.length).toBe(runs.length);
    expect(results.filter(({ passed }) => !passed)).toEqual([]);
  });

  test("a run of a method that is not there fails instead of being passed over", async () => {
    const results = await runStepParity(
      { ...fixture, runs: { x: { ...fixture.runs.tent, method: "none" } } },
      path(`${config}.safetensors`),
    );
    expect(results).toMatchObject([{ name: `${config}/x`, passed: false }]);
  });
});

// Whole streams of real images past a real network: online accuracy of every method against PyTorch's.
import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { openDevice } from "../../src/tensor/index.js";
import { type CifarRun, runCifarAdaptation } from "../../src/zerosiam/parity/cifarAdapt.js";

const FOLDER = "test/fixtures/cifar10";
const { runs } = JSON.parse(readFileSync(`${FOLDER}/adapt.json`, "utf8")) as { runs: CifarRun[] };
// Class by class, where methods differ most: one that selects by two passes, and ours. `npm run parity` runs all of both models.
const methods = runs.flatMap(({ model, method }) =>
  model === "resnet20_gn" && /^(sar|zerosiam)$/.test(method) ? method : [],
);

beforeAll(async () => {
  await openDevice();
});

test.each(methods)("%s", { timeout: 120_000 }, async (name) => {
  const results = await runCifarAdaptation(FOLDER, ({ model, method }) => model === "resnet20_gn" && method === name);
  expect(results).toMatchObject([{ name: `resnet20_gn/${name}`, passed: true }]);
});

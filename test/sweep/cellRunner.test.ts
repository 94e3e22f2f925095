// One cell: the same result each time, without times, and nothing left in memory.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CellSetting } from "../../src/experiments/sweep/cell.js";
import { CellRunner } from "../../src/experiments/sweep/cellRunner.js";
import { toSweepConfig } from "../../src/experiments/sweep/config.js";
import { memory, openDevice } from "../../src/tensor/index.js";

const CONFIG = toSweepConfig(
  {
    ...{ model: "digits", weights: "digits.safetensors", data: { validation: "digits-validation.safetensors" } },
    grids: [{ methods: "eata", streams: "class-ordered", parts: "validation", seeds: 1, rates: 0.01 }],
  },
  "test",
  "assets",
);
const EATA: CellSetting = { ...CONFIG.settings[0], limit: 4 };

let runner: CellRunner;
beforeAll(async () => {
  await openDevice();
  runner = await CellRunner.open(CONFIG, "1.0.0");
});
afterAll(() => runner[Symbol.dispose]());

const run = (setting: CellSetting) => runner.run(setting, () => false);

test("a cell gives the same result twice; its times stand apart, and no tensor is left", async () => {
  const live = memory().tensors;
  const [first, second] = [await run(EATA), await run(EATA)];
  expect(first?.result.phases.stream.n).toBe(48);
  expect(second?.result).toEqual(first?.result);
  expect(first?.seconds.stream).toBeGreaterThan(0);
  expect(first?.result.phases.stream.secondsPerImage).toBeNull();
  expect(memory().tensors).toBe(live);
});

test("options reach stream and method: another limit, another seed, EATA's Fisher information", async () => {
  const live = memory().tensors;
  const entropy = async (more: Record<string, number>) =>
    (await run({ ...EATA, ...more }))?.result.phases.stream.entropy;
  const plain = await entropy({});
  const held = await entropy({ fisher: 100, fisherAlpha: 1e6 });
  const others = [await entropy({ limit: 5 }), await entropy({ seed: 1 }), await entropy({ batchSize: 8 })];
  expect(new Set([plain, held, ...others]).size).toBe(5);
  expect(memory().tensors).toBe(live);
});

test("Fisher information is EATA's alone: another method's cell does not take it", async () => {
  const live = memory().tensors;
  await expect(run({ ...EATA, fisher: 0 })).rejects.toThrow("limit is 0");
  expect(memory().tensors).toBe(live);
  expect(await run({ ...EATA, method: "zerosiam-eata", lrPredictor: 0.1, fisher: 0 })).not.toBeNull();
});

test("a cell that is stopped has no result; another version, other inputs", async () => {
  expect(await runner.run(EATA, () => true)).toBeNull();
  using other = await CellRunner.open(CONFIG, "1.0.1");
  using same = await CellRunner.open(CONFIG, "1.0.0");
  expect(other.inputs).not.toBe(runner.inputs);
  expect(same.inputs).toBe(runner.inputs);
});

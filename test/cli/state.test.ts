// State files of runs with one thing changed: refused before anything is loaded, or with figures that a run can have.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeMethod } from "../../src/cli/lib/makeMethod.js";
import { Passes } from "../../src/cli/lib/passes.js";
import { loadProgress, remaining, restoreFigures, saveProgress } from "../../src/cli/lib/resume.js";
import { openImages } from "../../src/data/imageFolder.js";
import { Runner } from "../../src/experiments/runner.js";
import { loadSafetensors, saveSafetensors } from "../../src/nn/index.js";
import type { Safetensors } from "../../src/nn/io/safetensors.js";
import { CheckpointError, memory, openDevice, tensor } from "../../src/tensor/index.js";

const NORMALIZATION = { mean: [0], std: [1] };
const STREAM = { order: "as-is", batchSize: 8, seed: 0, limit: 16, epochs: 1, normalization: NORMALIZATION } as const;
let folder = "";

/** A run of Tent with an alarm on sixteen digits, not begun. */
async function begin() {
  const path = "assets/digits-test.safetensors";
  const set = await openImages(path);
  const settings = { model: "digits", weights: "assets/digits.safetensors", batch: 8, lr: 1e-3 };
  const made = await makeMethod({ ...settings, method: "tent", alarm: "warn" }, NORMALIZATION);
  const passes = new Passes(path, set, STREAM);
  const dispose = (): void => {
    made[Symbol.dispose]();
    set[Symbol.dispose]();
  };
  return {
    ...made,
    passes,
    fresh: () => new Runner(made.method, passes.length, made.guard),
    [Symbol.dispose]: dispose,
  };
}

beforeAll(async () => {
  await openDevice();
  folder = await mkdtemp(join(tmpdir(), "zerosiam-state-"));
  using run = await begin();
  const runner = run.fresh();
  const { shown } = remaining(run.passes, null);
  for (const batch of shown.counting(run.passes)) {
    using images = tensor(batch.images, batch.shape);
    await runner.step(batch, images);
  }
  await saveProgress(join(folder, "good"), runner, shown, { interrupted: false, settings: {} });
});
afterAll(() => rm(folder, { recursive: true }));

const TEXTS = ["", "null", "{}", "[]", "[null]", "[{}]", "0.5", "-1", "NaN", "1e999", "9007199254740993", "x", '"x"'];
const NUMBERS = [Number.NaN, Number.POSITIVE_INFINITY, -1, -2, 0.5, 1e300];

/** The file with one text of its metadata replaced or left out, or one number of its record. */
function* changed({ tensors, metadata }: Safetensors): Generator<[what: string, Safetensors]> {
  for (const key of metadata.keys()) {
    const without = new Map(metadata);
    without.delete(key);
    yield [`no ${key}`, { tensors, metadata: without }];
    for (const text of TEXTS) yield [`${key} ${text}`, { tensors, metadata: new Map(metadata).set(key, text) }];
  }
  for (const name of ["record.answers", "record.steps"]) {
    const stored = tensors.get(name);
    if (!stored) throw new Error(`no ${name}`);
    for (let column = 0; column < stored.shape[1]; column++) {
      for (const number of NUMBERS) {
        const values = new Float64Array(new Uint8Array(stored.data).buffer);
        values[stored.shape[1] + column] = number;
        const data = new Uint8Array(values.buffer);
        yield [`${name} ${column} ${number}`, { metadata, tensors: new Map(tensors).set(name, { ...stored, data }) }];
      }
    }
  }
}

it("every change of a state is refused before it is loaded, or gives figures that a run can have", async () => {
  using run = await begin();
  const state = async (): Promise<unknown> => [
    ...(await Promise.all([...run.method.state()].map(async ([name, t]) => [name, await t.data()]))),
    run.guard?.alarm.state(),
  ];
  await loadProgress(join(folder, "good"), run.fresh(), null);
  const [before, { tensors: alive }] = [await state(), memory()];
  let refused = 0;
  let taken = 0;
  for (const [what, file] of changed(await loadSafetensors(join(folder, "good")))) {
    await saveSafetensors(join(folder, "odd"), file.tensors, file.metadata);
    const runner = run.fresh();
    try {
      const position = await loadProgress(join(folder, "odd"), runner, null);
      const { shown, seen } = remaining(run.passes, position);
      if (shown.images > 0) restoreFigures(runner, position, seen);
      const { recorder, seconds, notUpdated, warnings } = runner;
      const figures = [
        recorder.n === 0 ? 0 : recorder.accuracy,
        recorder.n === 0 ? 0 : recorder.total.calibrationError,
      ];
      expect(
        figures.every((figure) => figure >= 0 && figure <= 1),
        `${what}: ${figures}`,
      ).toBe(true);
      expect(Number.isFinite(seconds) && seconds >= 0, `${what}: ${seconds} s`).toBe(true);
      expect(Number.isSafeInteger(notUpdated) && notUpdated >= 0, `${what}: ${notUpdated}`).toBe(true);
      expect(warnings, what).toEqual([]);
      taken++;
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw new Error(what, { cause: error });
      refused++;
    }
    expect(await state(), what).toEqual(before);
    expect(memory().tensors, what).toBe(alive);
  }
  expect(Math.min(refused, taken)).toBeGreaterThan(20);
});

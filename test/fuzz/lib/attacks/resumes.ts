// State files of runs, as `--resume` reads them, with something wrong: refused by type, or gone on from with sane figures.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Position } from "../../../../src/cli/lib/resume.js";
import { loadProgress, remaining, restoreFigures, saveProgress } from "../../../../src/cli/lib/resume.js";
import type { Batch } from "../../../../src/data/streams/index.js";
import { Runner } from "../../../../src/experiments/runner.js";
import { loadSafetensors, saveSafetensors } from "../../../../src/nn/index.js";
import { CheckpointError, ConfigError, openDevice, Rng } from "../../../../src/tensor/index.js";
import { CollapseGuard } from "../../../../src/zerosiam/guard.js";
import { type AttackOptions, attempt, type Counts } from "./attack.js";
import { mutant } from "./mutants.js";
import { disposeSubject, images, pixels, subject, values } from "./subject.js";

/** Of metadata: JSON and what is none. */
const VALUES = ' 0 6 -1 1.5 1e99 NaN null true {} [] [null] [{}] "x" [ 2'.split(" ");
const SETTINGS = { batch: 3 };

/** Three batches of three images. */
const BATCHES = [1, 2, 3].map((step): Batch => {
  const rng = new Rng(step);
  const labels = Int32Array.from({ length: 3 }, () => rng.int(4));
  return { step, images: pixels(rng, 3), shape: [3, 3, 4, 4], labels, corruptions: ["clean", "fog", "clean"] };
});
const STREAM = { length: 9, [Symbol.iterator]: () => BATCHES.values() };

function start() {
  const method = subject("zerosiam", { history: 1 });
  const guard = new CollapseGuard(method, { window: 4 });
  return { method, guard, runner: new Runner(method, STREAM.length, guard) };
}

/** The file of a run of two batches, with its metadata or its tensors changed, read by a run that begins. */
export async function resumeMutants(options: AttackOptions): Promise<Counts> {
  await openDevice();
  const folder = await mkdtemp(join(tmpdir(), "zerosiam-runs-"));
  const path = join(folder, "state.safetensors");
  const first = start();
  const { shown } = remaining(STREAM, null);
  for (const batch of shown.counting(BATCHES.slice(0, 2))) {
    using batchImages = images(batch.images);
    await first.runner.step(batch, batchImages);
  }
  await saveProgress(path, first.runner, shown, { interrupted: true, settings: SETTINGS });
  const good = await loadSafetensors(path);
  const counts = await attempt(options, async (rng) => {
    const metadata = new Map(good.metadata);
    const key = rng.choice([...metadata.keys()]);
    const tensors = rng.int(3) === 0 ? mutant([...good.tensors], rng, []) : good.tensors;
    if (tensors === good.tensors) {
      metadata.set(key, rng.choice([...VALUES, ...metadata.values()]));
      if (rng.int(8) === 0) metadata.delete(key);
    }
    await saveSafetensors(path, tensors, metadata);
    const fresh = start();
    const outcome = await goOn(fresh, path, rng.int(2) === 0);
    disposeSubject(fresh.method);
    return outcome;
  });
  disposeSubject(first.method);
  await rm(folder, { recursive: true });
  return counts;
}

async function goOn({ method, guard, runner }: ReturnType<typeof start>, path: string, strict: boolean) {
  const look = async () => ({ state: await values(method.state()), alarm: guard.alarm.state() });
  const before = await look();
  let position: Position | null = null;
  try {
    position = await loadProgress(path, runner, strict ? SETTINGS : null);
    const { seen, shown } = remaining(STREAM, position);
    if (shown.images > 0) restoreFigures(runner, position, seen);
  } catch (error) {
    if (!(error instanceof CheckpointError || error instanceof ConfigError)) throw error;
    if (!position) assert.deepEqual(await look(), before, "something has changed");
    return "runs refused";
  }
  const { recorder, seconds, notUpdated, warnings } = runner;
  const { n, accuracy, predictions } = recorder;
  assert.ok(n === 0 ? Number.isNaN(accuracy) : n === 6 && accuracy >= 0 && accuracy <= 1, `${n} images, ${accuracy}`);
  assert.ok(
    predictions.every((answer) => Number.isInteger(answer) && answer >= -1 && answer < 4),
    `${predictions}`,
  );
  assert.ok(Number.isFinite(seconds) && seconds >= 0, `${seconds} s`);
  assert.ok(Number.isInteger(notUpdated) && notUpdated >= 0, `${notUpdated} batches not learnt from`);
  for (const warning of warnings) assert.equal(typeof warning.dominance, "number");
  return n > 0 ? "runs gone on from" : "runs begun anew";
}

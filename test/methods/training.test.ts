// Training: it learns, and a run that was stopped is the run that was not.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadDigits } from "../../src/data/digits.js";
import type { ImageSet } from "../../src/data/imageSet.js";
import { type TrainOptions, trainDigits } from "../../src/experiments/training.js";
import { DigitsNet, loadTensors, saveTensors } from "../../src/nn/index.js";
import {
  CheckpointError,
  ConfigError,
  memory,
  noGrad,
  openDevice,
  Rng,
  scope,
  type Tensor,
  tensor,
} from "../../src/tensor/index.js";

let folder: string;
let set: ImageSet;

beforeAll(async () => {
  await openDevice();
  folder = await mkdtemp(join(tmpdir(), "zerosiam-"));
  const all = await loadDigits("validation");
  set = { ...all, count: 96, images: all.images.subarray(0, 96 * 784), labels: all.labels.subarray(0, 96) };
});

afterAll(() => rm(folder, { recursive: true }));

const model = () => new DigitsNet({ rng: new Rng(3) });
const options = (name: string): TrainOptions => ({
  epochs: 5,
  seed: 9,
  batch: 16,
  lr: 1e-2,
  checkpoint: join(folder, name),
});

async function lossOf(net: DigitsNet): Promise<number> {
  const pixels = Float32Array.from(set.images, (byte) => byte / 255);
  const loss: Tensor = scope(() =>
    noGrad(() => net.forward(tensor(pixels, [96, 1, 28, 28])).crossEntropy(tensor(set.labels.slice(), [96]))),
  );
  return loss.item();
}

test("a stopped training goes on to the same weights, bit for bit", async () => {
  const straight = model();
  expect(await trainDigits(straight, set, options("straight"))).toBe(5);

  const stopped = model();
  let batches = 0;
  const first = await trainDigits(stopped, set, { ...options("stopped"), onBatch: () => ++batches < 15 });
  expect(first).toBe(2); // in the middle of the third epoch, which is begun again
  const resumed = model();
  await trainDigits(resumed, set, options("stopped"));
  for (const [name, t] of resumed.stateDict()) {
    expect([...(await t.data())]).toEqual([...((await straight.stateDict().get(name)?.data()) ?? [])]);
  }
  expect(await lossOf(straight)).toBeLessThan(0.99 * (await lossOf(model())));
});

test("a training holds nothing beside the model when it ends, is stopped or fails", async () => {
  const net = model();
  const live = memory().tensors;
  await trainDigits(net, set, { ...options("other"), epochs: 1 });
  expect(memory().tensors).toBe(live);
  await trainDigits(net, set, { ...options("early"), onBatch: () => false });
  expect(memory().tensors).toBe(live);
  await expect(trainDigits(net, set, options("other"))).rejects.toThrow(CheckpointError); // of another run
  expect(memory().tensors).toBe(live);
});

test("a damaged checkpoint is refused and leaves the model as it was", async () => {
  await trainDigits(model(), set, { ...options("damaged"), onBatch: ({ epoch }) => epoch < 1 });
  const { tensors, metadata } = await loadTensors(options("damaged").checkpoint);
  const damage = async (name: string, keep: (key: string) => boolean, epoch: string) => {
    const kept = new Map([...tensors].filter(([key]) => keep(key)));
    await saveTensors(options(name).checkpoint, kept, [...metadata, ["epoch", epoch]]);
    const net = model();
    await expect(trainDigits(net, set, options(name))).rejects.toThrow(CheckpointError);
    expect([...(await net.conv1.weight.data())]).toEqual([...(await model().conv1.weight.data())]);
  };
  for (const epoch of ["two", "", "1.5", "-1", "1e300", "0x1", "NaN"]) await damage("no-epoch", () => true, epoch);
  await damage("no-optimizer", (key) => key.startsWith("model."), "1");
});

test("a checkpoint has a format; one without goes on, a later one is refused by its number", async () => {
  await trainDigits(model(), set, { ...options("formats"), onBatch: ({ epoch }) => epoch < 1 });
  const { tensors, metadata } = await loadTensors(options("formats").checkpoint);
  expect([...metadata][0]).toEqual(["format", "1"]);
  const go = async (format: [string, string][]) => {
    const facts = [...metadata].filter(([name]) => name !== "format");
    await saveTensors(options("formats").checkpoint, tensors, [...format, ...facts]);
    return trainDigits(model(), set, { ...options("formats"), onBatch: () => false });
  };
  expect(await go([])).toBe(1); // the epochs that are done
  await expect(go([["format", "2"]])).rejects.toThrow(CheckpointError);
  await expect(go([["format", "2"]])).rejects.toThrow(
    "a checkpoint of a training of format 2; this release reads up to",
  );
  await expect(go([["format", "NaN"]])).rejects.toThrow('no checkpoint of a training: its format is "NaN"');
});

test("a batch larger than the set is refused: it would train nothing", async () => {
  await expect(trainDigits(model(), set, { ...options("large"), batch: 97 })).rejects.toThrow(ConfigError);
});

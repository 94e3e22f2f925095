// Training: it learns, and a run that was stopped is the run that was not.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DigitsNet } from "../../src/nn/index.js";
import { CheckpointError, noGrad, openDevice, Rng, scope, type Tensor, tensor } from "../../src/tensor/index.js";
import { loadDigits } from "../../src/zerosiam/data/digits.js";
import type { ImageSet } from "../../src/zerosiam/data/imageSet.js";
import { type TrainOptions, trainDigits } from "../../src/zerosiam/training.js";

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

test("the checkpoint of another run is refused", async () => {
  await trainDigits(model(), set, { ...options("other"), epochs: 1 });
  await expect(trainDigits(model(), set, options("other"))).rejects.toThrow(CheckpointError);
});

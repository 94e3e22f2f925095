// An adapted model that stands alone: saved, loaded as a source, and giving the same answers.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Classifier, DigitsNet, loadWeights, ResNet20, saveTensors } from "../../src/nn/index.js";
import { ConfigError, memory, openDevice, Rng, type Tensor, tensor } from "../../src/tensor/index.js";
import { createMethod, type Method, Source } from "../../src/zerosiam/methods/index.js";

let folder = "";
beforeAll(async () => {
  await openDevice();
  folder = await mkdtemp(join(tmpdir(), "zerosiam-export-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Images far from those that the statistics of a fresh batch norm are for. */
const shifted = (shape: readonly [number, number, number, number], seed = 1): Tensor => {
  const rng = new Rng(seed);
  return tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => 3 + 2 * rng.normal()),
    [...shape],
  );
};

/** What a file made of `state` answers as the source. */
async function answered(state: ReadonlyMap<string, Tensor>, model: Classifier, images: Tensor): Promise<number[]> {
  const file = join(folder, "model.safetensors");
  await saveTensors(file, state);
  return [...(await new Source(await loadWeights(model, file)).step(images).logits.data())];
}

const predicted = async (method: Method, images: Tensor) => [...(await method.predict(images).data())];

test("group norm: the very answers, without any images", async () => {
  const images = shifted([4, 1, 28, 28]);
  const method = createMethod("zerosiam", new DigitsNet({ rng: new Rng(1) }), { lr: 0.1 });
  method.step(images);
  const want = await predicted(method, images);
  expect(await answered(method.exportModel(), new DigitsNet({ rng: new Rng(2) }), images)).toEqual(want);
});

test("batch norm: nearly the answers, by statistics of the stream; the method goes on as before", async () => {
  const images = shifted([8, 3, 32, 32]);
  const model = new ResNet20({ rng: new Rng(1) });
  const method = createMethod("tent", model, { lr: 1e-3 });
  method.step(images);
  const want = await predicted(method, images);
  const live = memory().tensors;
  const state = method.exportModel([images, images]);
  expect(memory().tensors).toBe(live + state.size);
  const got = await answered(state, new ResNet20({ rng: new Rng(2) }), images);
  // Running variances are unbiased: they differ by 1 in 511 where maps are smallest, and 19 layers add up.
  const scale = Math.max(...want.map(Math.abs));
  for (const [i, value] of want.entries()) expect(Math.abs(got[i] - value)).toBeLessThan(0.02 * scale);
  const alone = await answered(model.stateDict(), new ResNet20({ rng: new Rng(2) }), images);
  expect(Math.max(...want.map((value, i) => Math.abs(alone[i] - value)))).toBeGreaterThan(0.2 * scale);
  expect(await predicted(method, images)).toEqual(want);
  expect(model.bn1.training).toBe(false);
});

test("batch norm without images is refused, by the names of the layers; the model stays as it was", async () => {
  const model = new ResNet20({ rng: new Rng(1) });
  const method = createMethod("tent", model, { lr: 1e-3 });
  expect(() => method.exportModel()).toThrow(ConfigError);
  expect(() => method.exportModel()).toThrow(/^ResNet20: bn1, layer1\.0\.bn1, .*exportModel\(\[images\]\)/s);
  const source = createMethod("source", new ResNet20({ rng: new Rng(1) }), { lr: 0 });
  expect(source.exportModel().size).toBe(model.stateDict().size);
});

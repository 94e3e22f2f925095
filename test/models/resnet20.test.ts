// ResNet-20 with real weights: logits and features against PyTorch in float64, and the models that are known by name.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { loadSafetensors, saveSafetensors } from "../../src/nn/index.js";
import { toStored } from "../../src/nn/io/convert.js";
import { loadModel, MODELS, modelEntry, registerModel } from "../../src/nn/models/registry.js";
import { runCifarParity } from "../../src/parity/cifar.js";
import { ConfigError, memory, openDevice, ShapeError, zeros } from "../../src/tensor/index.js";
import { createMethod } from "../../src/zerosiam/methods/index.js";

const FIXTURE = "test/fixtures/cifar10";

beforeAll(async () => {
  await openDevice();
});

test("running statistics, batch statistics and GroupNorm give PyTorch's logits and features", async () => {
  const live = memory().tensors;
  const results = await runCifarParity(FIXTURE);
  expect(results.map(({ name }) => name)).toEqual(["resnet20.eval", "resnet20.batchstats64", "resnet20_gn"]);
  expect(results.filter(({ passed }) => !passed)).toEqual([]);
  expect(memory().tensors).toBe(live);
});

test("weights of another kind are refused, with every key and shape that does not fit", async () => {
  const folder = await mkdtemp(join(tmpdir(), "zerosiam-weights-"));
  const { tensors } = await loadSafetensors(`${FIXTURE}/resnet20_gn.safetensors`);
  tensors.delete("linear.bias");
  tensors.set("linear.weight", toStored([100, 64], new Float32Array(6400)));
  tensors.set("fc.bias", toStored([100], new Float32Array(100)));
  const path = join(folder, "w.safetensors");
  await saveSafetensors(path, tensors);
  const live = memory().tensors;
  await expect(loadModel("resnet20_gn", path)).rejects.toThrow(
    [
      `${path}: ResNet20: 3 tensors do not fit`,
      "linear.weight is f32[100, 64], expected f32[10, 64]",
      "missing linear.bias f32[10]",
      "unexpected fc.bias",
    ].join("\n  "),
  );
  // BatchNorm has a running mean and variance for each of its 19 layers.
  const missing = loadModel("resnet20", `${FIXTURE}/resnet20_gn.safetensors`);
  await expect(missing).rejects.toThrow(
    /: 38 tensors do not fit(\n {2}missing [a-z0-9.]+running_(mean|var) f32\[\d+\]){10}\n {2}… and 28 more\n {2}help/,
  );
  expect(memory().tensors).toBe(live);
  await rm(folder, { recursive: true });
});

test.each(["module.", "model.", "net.", "state_dict.", "state_dict.model.module."])(
  "weights whose keys all begin with %s load, and it is said",
  async (prefix) => {
    const folder = await mkdtemp(join(tmpdir(), "zerosiam-weights-"));
    const path = join(folder, "w.safetensors");
    const { tensors } = await loadSafetensors("assets/digits.safetensors");
    const renamed = [...tensors].map(([key, value]) => [prefix + key, value] as const);
    const counter = [`${prefix}norm1.num_batches_tracked`, toStored([], Int32Array.of(7))] as const;
    await saveSafetensors(path, [...renamed, counter]);
    const said: string[] = [];
    const live = memory().tensors;
    const model = await loadModel("digits", path, { say: (text) => said.push(text) });
    expect(said).toEqual([`${path}: the prefix ${prefix} was taken off all keys`]);
    model.dispose();
    await saveSafetensors(path, [...renamed.slice(1), ["oddity", toStored([1], Float32Array.of(1))]]);
    await expect(loadModel("digits", path)).rejects.toThrow(/more\n {2}help: keys and shapes/);
    expect(memory().tensors).toBe(live);
    await rm(folder, { recursive: true });
  },
);

test("of a missing key the nearest is named, and strict: false says what it passed over", async () => {
  const folder = await mkdtemp(join(tmpdir(), "zerosiam-weights-"));
  const path = join(folder, "w.safetensors");
  const { tensors } = await loadSafetensors("assets/digits.safetensors");
  const [[key, value], ...rest] = tensors;
  const misspelt = key.replace("weight", "wieght").replace("bias", "baias");
  await saveSafetensors(path, [...rest, [misspelt, value]]);
  await expect(loadModel("digits", path)).rejects.toThrow(`; nearest is ${misspelt}\n`);
  const said: string[] = [];
  const model = await loadModel("digits", path, { strict: false, say: (text) => said.push(text) });
  expect(said).toEqual([
    `${path}: keys that are missing, and stay as they were: ${key}`,
    `${path}: keys that the model does not have: ${misspelt}`,
  ]);
  model.dispose();
  await rm(folder, { recursive: true });
});

describe("a model known by name", () => {
  test.each(MODELS)("%s takes images of its input shape and answers for each of its classes", (name) => {
    const { make, inputShape, classes } = modelEntry(name);
    const model = make();
    expect(model.forward(zeros([2, ...inputShape])).shape).toEqual([2, classes.length]);
    expect(model.numClasses).toBe(classes.length);
    const [channels, height, width] = inputShape;
    expect(() => model.forward(zeros([2, channels, height + 1, width]))).toThrow(ShapeError);
    model.dispose();
  });

  test("is one of a list, which an unknown name is told", () => {
    expect(() => modelEntry("resnet50")).toThrow(ConfigError);
    expect(() => modelEntry("toString")).toThrow(
      'unknown model "toString"\n  help: choose one of digits, resnet20, resnet20_gn',
    );
  });

  test("can be one's own, whose name is free", async () => {
    const entry = { ...modelEntry("digits"), classes: Array.from("abcdefghij") };
    expect(() => registerModel("digits", entry)).toThrow(ConfigError);
    for (const name of [undefined, "", Symbol("x")] as unknown[] as string[]) {
      expect(() => registerModel(name, entry)).toThrow(/^registerModel: the name is (undefined|""|Symbol\(x\))/);
    }
    expect(modelEntry("digits").classes[0]).toBe("0");
    registerModel("letters", entry);
    expect(MODELS).toEqual(["digits", "resnet20", "resnet20_gn", "letters"]);
    expect(modelEntry("letters").classes[0]).toBe("a");
    expect(() => registerModel("letters", entry)).toThrow('the model "letters" is there already');
    const model = await loadModel("letters", "assets/digits.safetensors");
    const method = createMethod("tent", model, { lr: 1e-3 });
    expect(method.step(zeros([2, 1, 28, 28])).logits.shape).toEqual([2, 10]);
    method.dispose();
    model.dispose();
  });
});

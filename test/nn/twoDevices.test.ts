// With two devices open: what is made for a model goes to the model's device, whichever is the current one.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Stream } from "../../src/data/streams/index.js";
import { misclassified, runScenario } from "../../src/experiments/index.js";
import { tensorsOf } from "../../src/experiments/sweep/cellRunner.js";
import {
  AdamW,
  DigitsNet,
  Linear,
  loadTensors,
  loadWeights,
  type Parameter,
  SGD,
  saveTensors,
} from "../../src/nn/index.js";
import { type Device, DeviceError, openDevice, Rng, type Tensor, tensor, withDevice } from "../../src/tensor/index.js";
import { createMethod, fisherInformation, METHODS, ZeroSiam } from "../../src/zerosiam/methods/index.js";
import { PREDICTORS } from "../../src/zerosiam/predictor.js";

let own: Device;
let current: Device;

beforeAll(async () => {
  own = await openDevice({});
  current = await openDevice({});
});

afterAll(async () => {
  own.destroy();
  current.destroy();
  await openDevice();
});

/** Runs `fn`, which may use no memory of the current device and launch nothing there. */
async function onOwn<T>(fn: () => T | Promise<T>): Promise<T> {
  const before = current.stats;
  const result = await fn();
  expect(current.stats).toEqual(before);
  return result;
}

const digits = () => withDevice(own, () => new DigitsNet({ rng: new Rng(1) }));
const images = (device = own) => tensor(new Float32Array(2 * 784).fill(0.5), [2, 1, 28, 28], { device });
const devices = (tensors: Iterable<Tensor>) => [...new Set([...tensors].map(({ device }) => device))];

test("optimisers are made, scheduled, stepped and reset where their parameters are", () =>
  onOwn(() => {
    const weight = (): ReadonlyMap<string, Parameter> => withDevice(own, () => new Linear(2, 2)).namedParameters();
    for (const optimizer of [new SGD(weight(), { lr: 1, momentum: 0.9 }), new AdamW(weight(), { lr: 1 })]) {
      optimizer.lr = 0.5;
      optimizer.step();
      optimizer.reset();
      expect(devices(optimizer.state().values())).toEqual([own]);
      optimizer.dispose();
    }
  }));

test("an optimiser of parameters on two devices is refused, before anything is made", () => {
  const weights = new Map(
    [own, current].map((device, i) => [`${i}`, withDevice(device, () => new Linear(2, 2)).weight]),
  );
  const { liveBuffers } = own.stats;
  expect(() => new SGD(weights, { lr: 1 })).toThrow(DeviceError);
  expect(own.stats.liveBuffers).toBe(liveBuffers);
});

test.each(METHODS.filter((name) => !["source", "norm"].includes(name)))(
  "%s adapts, scales its rates and resets on its model's device",
  (name) =>
    onOwn(async () => {
      const model = digits();
      const method = createMethod(name, model, { lr: 0.01, history: 1, margin: 10, deyoMargin: 10 });
      const batch = images();
      await method.step(batch).metrics.read();
      method.rollback(1);
      method.step(batch);
      method.scaleRates(0.5);
      method.reset();
      expect(devices(method.state().values())).toEqual([own]);
      method.dispose();
    }),
);

test.each(Object.keys(PREDICTORS) as (keyof typeof PREDICTORS)[])(
  "the predictor %s stands on its model's device",
  (predictor) =>
    onOwn(async () => {
      const method = new ZeroSiam(digits(), { lr: 0.01, predictor });
      await method.step(images()).metrics.read();
      expect(devices(method.state().values())).toEqual([own]);
      method.dispose();
    }),
);

test("Fisher information is measured on the model's device", () =>
  onOwn(() => {
    const information = fisherInformation(digits(), [images()]);
    expect(devices(information.values())).toEqual([own]);
  }));

test("weights are loaded onto the model's device, tensors onto the one that is asked for", async () => {
  const folder = await mkdtemp(join(tmpdir(), "zerosiam-"));
  try {
    const path = join(folder, "w.safetensors");
    const model = digits();
    await saveTensors(path, model.stateDict());
    await onOwn(async () => {
      await loadWeights(model, path);
      const { tensors } = await loadTensors(path, { device: own });
      expect(devices(tensors.values())).toEqual([own]);
    });
    expect(devices((await loadTensors(path)).tensors.values())).toEqual([current]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a stream is shown on the device of the model", async () => {
  const method = createMethod("tent", digits(), { lr: 0.01 });
  const set = {
    count: 2,
    channels: 1,
    height: 28,
    width: 28,
    images: new Uint8Array(2 * 784),
    labels: Int32Array.of(0, 1),
  };
  const stream = new Stream({ set });
  await onOwn(async () => {
    for (const shown of tensorsOf(stream, method.model)) expect(shown.device).toBe(own);
    const phases = [{ name: "all", stream, adapt: true }];
    await runScenario(method, { phases, headline: "all", reset: "batch" });
    await misclassified(method, stream);
  });
});

test("a device is current in withDevice alone, and an async function is refused", () => {
  expect(withDevice(own, () => tensor(1).device)).toBe(own);
  expect(() => withDevice(own, () => tensor([[1], []]))).toThrow("rows of shapes");
  expect(tensor(1).device).toBe(current);
  expect(() => withDevice(own, async () => 1)).toThrow("withDevice: the function is async");
  expect(tensor(1).device).toBe(current);
});

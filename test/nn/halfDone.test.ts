// What cannot be done to its end is not begun: memory that runs out, or a device that is lost, leaves things as they were.
import { afterAll, beforeAll, expect, test } from "vitest";
import { AdamW, DigitsNet, Linear, SGD } from "../../src/nn/index.js";
import {
  type Device,
  DeviceLostError,
  OutOfMemoryError,
  openDevice,
  scope,
  type Tensor,
  tensor,
  zeros,
} from "../../src/tensor/index.js";
import { createMethod } from "../../src/zerosiam/methods/index.js";

let device: Device;

beforeAll(async () => {
  device = await openDevice({ memoryBudget: 8 << 20 });
});

afterAll(async () => {
  device.destroy();
  await openDevice();
});

/** Runs `fn` while all memory is taken but for `left` of the smallest buffers. */
function withLittleMemory(left: number, fn: () => void): void {
  scope(() => {
    const taken: Tensor[] = [];
    for (const size of [1 << 18, 1 << 14, 1 << 10, 1]) {
      if (size === 1) taken.pop()?.dispose(); // so that there are some of the smallest
      expect(() => {
        for (;;) taken.push(zeros([size], { device }));
      }).toThrow(OutOfMemoryError);
    }
    for (let i = 0; i < left; i++) taken.pop()?.dispose();
    fn();
  });
}

const memoriesOf = (state: ReadonlyMap<string, Tensor>) => [...state.values()].map((t) => t.storage);

test("a method that cannot be reset keeps its values, its rates and its history", () => {
  const method = createMethod("tent", new DigitsNet(), { lr: 0.1, history: 2 });
  method.step(tensor(new Float32Array(784), [1, 1, 28, 28]));
  method.scaleRates(0.5);
  const before = memoriesOf(method.state());
  withLittleMemory(3, () => {
    expect(() => method.reset()).toThrow(OutOfMemoryError);
    expect(memoriesOf(method.state())).toEqual(before);
    expect(method.remembered).toBe(1);
  });
  withLittleMemory(2, () => {
    expect(() => method.scaleRates(0.5)).not.toThrow();
  });
  const halved = memoriesOf(method.state());
  withLittleMemory(1, () => {
    expect(() => method.scaleRates(0.25)).toThrow(OutOfMemoryError);
    expect(memoriesOf(method.state())).toEqual(halved);
  });
  method.reset();
  expect(method.remembered).toBe(0);
});

test("a state that cannot be loaded whole changes nothing, and the way back stays", () => {
  const method = createMethod("tent", new DigitsNet(), { lr: 0.1, history: 2 });
  const images = tensor(new Float32Array(784), [1, 1, 28, 28]);
  method.step(images);
  const saved = new Map([...method.state()].map(([name, t]) => [name, t.detach()]));
  method.step(images);
  const before = memoriesOf(method.state());
  withLittleMemory(0, () => {
    expect(() => method.loadState(saved)).toThrow(OutOfMemoryError);
    expect(memoriesOf(method.state())).toEqual(before);
    expect(method.remembered).toBe(2);
  });
  method.loadState(saved);
  expect(method.remembered).toBe(0);
});

test("an optimiser that cannot be reset keeps its state, and one that cannot be made keeps no memory", () => {
  const parameters = new Linear(4, 4).namedParameters();
  const optimizer = new AdamW(parameters, { lr: 0.1 });
  const before = memoriesOf(optimizer.state());
  withLittleMemory(2, () => {
    const { liveBuffers } = device.stats;
    expect(() => optimizer.reset()).toThrow(OutOfMemoryError);
    expect(memoriesOf(optimizer.state())).toEqual(before);
    expect(() => new AdamW(parameters, { lr: 0.2 })).toThrow(OutOfMemoryError);
    expect(() => new SGD(parameters, { lr: 0.2, momentum: 0.9 })).toThrow(OutOfMemoryError);
    expect(device.stats.liveBuffers).toBe(liveBuffers);
  });
});

test("a learning rate that cannot reach the device is not the optimiser's", async () => {
  const lost = await openDevice({});
  const optimizer = new SGD(new Linear(2, 2).namedParameters(), { lr: 0.1 });
  lost.destroy();
  expect(() => {
    optimizer.lr = 0.5;
  }).toThrow(DeviceLostError);
  expect(optimizer.lr).toBe(0.1);
});

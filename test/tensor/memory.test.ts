// Lifetimes and uploads: scopes, disposal, pooled buffers that are written while commands that read them wait.
import { beforeAll, describe, expect, test } from "vitest";
import {
  currentDevice,
  Device,
  DeviceError,
  DisposedError,
  DTypeError,
  full,
  keep,
  memory,
  openDevice,
  ShapeError,
  scope,
  setCurrentDevice,
  type Tensor,
  tensor,
} from "../../src/tensor/index.js";

beforeAll(async () => {
  await openDevice();
});

describe("scope", () => {
  test("frees what is made inside and not returned", async () => {
    const before = memory().tensors;
    const kept = scope(() => ({ sum: tensor([1, 2]).add(tensor([3, 4])), list: [tensor([5])] }));
    expect(memory().tensors).toBe(before + 2);
    expect([...(await kept.sum.data())]).toEqual([4, 6]);
    kept.sum.dispose();
    kept.list[0].dispose();
  });

  test("frees on a throw", () => {
    const before = memory().tensors;
    expect(() => scope(() => tensor([1, 2]).add(tensor([1, 2, 3])))).toThrow(ShapeError);
    expect(memory().tensors).toBe(before);
  });

  test("is not needed where a constant cannot want a gradient: nothing stays behind", () => {
    const before = memory();
    const options = { dtype: "i32", requiresGrad: true } as const;
    expect(() => full([3], 7, options)).toThrow(DTypeError);
    expect(() => tensor([1, 2], null, options)).toThrow(DTypeError);
    expect(memory().tensors).toBe(before.tensors);
  });

  test("passes results of an inner scope to the outer one, which frees them", () => {
    const before = memory().tensors;
    scope(() => {
      scope(() => tensor([1]).add(1));
    });
    expect(memory().tensors).toBe(before);
  });

  test("leaves kept tensors alone", async () => {
    let survivor: Tensor | undefined;
    scope(() => {
      survivor = keep(tensor([7]));
    });
    expect(await survivor?.item()).toBe(7);
    survivor?.dispose();
  });

  test("refuses async functions, whose tensors it could not follow", () => {
    expect(() => scope(async () => tensor([1]))).toThrow(/the function is async/);
  });
});

test("a disposed tensor says so", () => {
  const x = tensor([1, 2]);
  x.dispose();
  expect(() => x.add(1)).toThrow(DisposedError);
  expect(() => x.dispose()).not.toThrow();
});

test("a view keeps the memory it shares", async () => {
  const x = tensor([1, 2, 3, 4]);
  const view = x.reshape([2, 2]);
  x.dispose();
  expect([...(await view.data())]).toEqual([1, 2, 3, 4]);
  view.dispose();
});

test("an upload does not overtake encoded commands that read the buffer it reuses", async () => {
  const first = tensor(new Float32Array(64).fill(1), [64]);
  const sum = first.add(first); // encoded, not submitted
  first.dispose(); // its buffer goes back to the pool, and the next upload takes it
  const second = tensor(new Float32Array(64).fill(100), [64]);
  expect((await sum.data())[0]).toBe(2);
  expect((await second.data())[0]).toBe(100);
});

test("memory returns to where it was after thousands of steps", async () => {
  const x = tensor(new Float32Array(1000), [1000]);
  const step = () => scope(() => void x.add(1).mul(2).add(x));
  for (let i = 0; i < 20; i++) step();
  await x.data();
  const early = memory();
  for (let i = 0; i < 2000; i++) step();
  await x.data();
  const late = memory();
  // what the collector has left of earlier tests is its own affair
  const settled = { dispatches: 0, submits: 0, forgottenBindGroups: 0 };
  expect({ ...late, ...settled }).toEqual({ ...early, ...settled });
});

test("opening again gives the same device, until it is lost", async () => {
  const usual = currentDevice();
  expect(await openDevice()).toBe(usual);
  const lost = await openDevice({});
  expect(lost).not.toBe(usual);
  lost.destroy();
  const fresh = await openDevice();
  expect(fresh).not.toBe(lost);
  fresh.destroy();
  setCurrentDevice(usual);
});

test("tensors of two devices do not mix", async () => {
  const here = tensor([1]);
  const other = await Device.open();
  const there = tensor([2], null, { device: other });
  expect(() => here.add(there)).toThrow(DeviceError);
  other.destroy();
  expect(() => there.add(1)).toThrow(/device was destroyed/);
});

test("tensors over the budget are refused, and nothing is lost", async () => {
  const usual = currentDevice();
  const device = await openDevice({ memoryBudget: 1 << 20 });
  const x = tensor(new Float32Array(1 << 16), [1 << 16]);
  expect(() => scope(() => [x.add(1), x.add(2), x.add(3), x.add(4)])).toThrow(/exceed the budget/);
  expect((await x.data()).length).toBe(1 << 16);
  device.destroy();
  setCurrentDevice(usual);
});

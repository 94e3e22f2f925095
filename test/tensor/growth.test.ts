// A loop that leaves tensors behind at every step is told so, once; one that frees, or keeps a record, never.
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Alive, Growth } from "../../src/tensor/device/growth.js";
import { type DeviceWarning, warn } from "../../src/tensor/device/warn.js";
import {
  backward,
  type Device,
  openDevice,
  scope,
  setCurrentDevice,
  type Tensor,
  tensor,
} from "../../src/tensor/index.js";

describe("on a device", () => {
  const heard: DeviceWarning[] = [];
  let usual: Device;
  let device: Device;
  let w: Tensor;

  beforeAll(async () => {
    usual = await openDevice();
    device = await openDevice({ onWarning: (warning) => heard.push(warning) });
    w = tensor([1, 2], null, { requiresGrad: true });
  });

  afterAll(() => {
    device.destroy();
    setCurrentDevice(usual);
  });

  /** A step as PyTorch's users write it; leaves the product, its square and the loss. */
  function step(): Tensor {
    const loss = w.mul(2).square().sum();
    backward(loss);
    w.grad?.dispose();
    w.grad = null;
    return loss;
  }

  test("a loop that frees is silent, also where it keeps a record of its losses", () => {
    scope(() => {
      const losses: Tensor[] = [];
      for (let i = 0; i < 1100; i++) losses.push(scope(() => step().detach()));
    });
    expect(heard).toEqual([]);
  });

  test("a loop without scope is warned of once, with what it leaves and the remedy", () => {
    scope(() => {
      for (let i = 0; i < 1100; i++) step();
    });
    expect(heard).toEqual([
      {
        about: "tensors",
        message: expect.stringMatching(
          /^each of the last 1000 backward passes left more tensors alive, 3 a step, of 768 bytes: \d+ now$/,
        ),
        help: expect.stringContaining("put scope() around each step"),
      },
    ]);
  });
});

describe("what is counted", () => {
  /** The number of the step at which a loop is warned of, of 4000; `at` is what is alive at each. */
  function warnedAt(at: (step: number) => Partial<Alive>): number | undefined {
    const growth = new Growth();
    const steps = Array.from({ length: 4000 }, (_, i) => i);
    const warned = steps.filter((i) => growth.hear({ tensors: 10, nodes: 0, liveBytes: 0, ...at(i) }));
    expect(warned.length).toBeLessThanOrEqual(1);
    return warned[0];
  }

  test.each([
    ["graphs that stay", 1000, (i: number) => ({ tensors: i, nodes: i })],
    ["graphs that stay after a start of another kind", 1500, (i: number) => ({ tensors: Math.max(500, i), nodes: i })],
    ["inputs of 64 KiB that stay", 1024, (i: number) => ({ tensors: i, liveBytes: i * 2 ** 16 })],
    ["a record of scalars", undefined, (i: number) => ({ tensors: 3 * i, liveBytes: 3 * i * 256 })],
    [
      "graphs that are freed at the end of each epoch",
      undefined,
      (i: number) => ({ tensors: i % 900, nodes: i % 900 }),
    ],
    ["as many as ever", undefined, () => ({})],
  ])("%s: %s", (_, expected, at) => expect(warnedAt(at)).toBe(expected));
});

test("Node is told, unless someone else wants to hear", async () => {
  const [[told]] = await Promise.all([
    once(process, "warning"),
    warn({ about: "tensors", message: "a warning of a test", help: "none is needed" }),
  ]);
  expect(told).toMatchObject({
    name: "ZeroSiamWarning",
    message: "a warning of a test",
    detail: "  help: none is needed",
  });
});

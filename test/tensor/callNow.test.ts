// Functions that go on after they have returned: refused by all that holds for the time of a call alone.
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { BatchNorm2d } from "../../src/nn/layers/batchNorm.js";
import { sharpen } from "../../src/nn/optim/sam.js";
import { Parameter } from "../../src/nn/parameter.js";
import {
  ConfigError,
  currentDevice,
  memory,
  noGrad,
  ones,
  openDevice,
  scope,
  type Tensor,
  tensor,
  withDevice,
} from "../../src/tensor/index.js";

beforeAll(async () => {
  await openDevice();
});

const OWNERS: Readonly<Record<string, (fn: () => unknown) => unknown>> = {
  scope,
  noGrad,
  withDevice: (fn) => withDevice(currentDevice(), fn),
  withRowMask: (fn) => scope(() => void BatchNorm2d.withRowMask(new BatchNorm2d(1), ones([1]), fn)),
  sharpen: (fn) => scope(() => void sharpen([parameter], 0.1, parameter.square().sum(), fn)),
};
let parameter: Parameter;

describe.each(Object.keys(OWNERS))("%s", (name) => {
  const owner = OWNERS[name];
  beforeAll(() => {
    parameter = new Parameter(ones([2]));
  });

  test.each<[string, (told: () => void) => () => unknown]>([
    ["an async function", (told) => async () => told()],
    [
      "a generator",
      (told) =>
        function* () {
          yield told();
        },
    ],
    [
      "an async generator",
      (told) =>
        async function* () {
          yield told();
        },
    ],
  ])("refuses %s, which does not run", async (_, make) => {
    let ran = false;
    const fn = make(() => {
      ran = true;
    });
    expect(() => owner(fn)).toThrow(ConfigError);
    expect(() => owner(fn)).toThrow(new RegExp(`^${name}: the function is (async|a generator)`));
    await null;
    expect(ran).toBe(false);
  });

  test("refuses a function that returns a promise, whose later failure ends nothing", async () => {
    const rejected: unknown[] = [];
    const listen = (reason: unknown) => void rejected.push(reason);
    process.on("unhandledRejection", listen);
    expect(() => owner(() => sleep(1).then(() => Promise.reject(new Error("later"))))).toThrow(/the function is async/);
    await sleep(20);
    process.off("unhandledRejection", listen);
    expect(rejected).toEqual([]);
  });

  test("refuses what has a then, and what has a next", () => {
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what is refused
    expect(() => owner(() => ({ then: () => 1 }))).toThrow(/the function is async/);
    expect(() => owner(() => [1, 2].values())).toThrow(/the function is a generator/);
  });
});

describe("scope", () => {
  test("frees what a refused function had made", () => {
    const before = memory().tensors;
    expect(() => scope(() => Promise.resolve(tensor([1])))).toThrow(ConfigError);
    expect(memory().tensors).toBe(before);
  });

  test("finds tensors in results that hold themselves, in sets and in objects without a prototype", () => {
    interface Ring {
      self?: Ring;
      x: Tensor;
    }
    const ring = scope(() => {
      const made: Ring = { x: tensor([1]) };
      made.self = made;
      return made;
    });
    const [[inSet], bare] = scope(() => [
      new Set([tensor([2])]),
      Object.assign(Object.create(null), { x: tensor([3]) }),
    ]);
    for (const x of [ring.x, inSet, bare.x] as Tensor[]) {
      expect(x.disposed).toBe(false);
      x.dispose();
    }
  });
});

test("recording is as it was after a refusal", () => {
  const x = tensor([1], null, { requiresGrad: true });
  expect(() => noGrad(async () => x)).toThrow(ConfigError);
  scope(() => expect(x.add(1).requiresGrad).toBe(true));
  x.dispose();
});

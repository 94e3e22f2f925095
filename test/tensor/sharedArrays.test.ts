// What a user sees of a tensor, a node or a device is shared with caches, and so cannot be changed.
import { beforeAll, describe, expect, it } from "vitest";
import { CORRUPTION_NAMES } from "../../src/data/index.js";
import { SCENARIOS } from "../../src/experiments/index.js";
import { OPS } from "../../src/kernels/index.js";
import { MODELS, modelEntry } from "../../src/nn/index.js";
import { type GradNode, ones, openDevice, type Tensor, tensor, zeros } from "../../src/tensor/index.js";
import {
  Deyo,
  DIVERGENCES,
  Eata,
  METHODS,
  OBJECTIVES,
  PREDICTORS,
  Sar,
  Tent,
  ZeroSiam,
} from "../../src/zerosiam/index.js";

beforeAll(async () => {
  await openDevice();
});

const shapeOf = (t: Tensor) => t.shape as number[];

describe("the next identical call is what it was, although somebody", () => {
  it("reversed the shape of a result", async () => {
    const sum = () => ones([2, 3]).add(ones([2, 3]));
    expect(() => shapeOf(sum()).reverse()).toThrow(TypeError);
    expect(sum().shape).toEqual([2, 3]);
    expect([...(await sum().sum(1).data())]).toEqual([6, 6]);
  });

  it("shortened the shape of a constant", () => {
    expect(() => shapeOf(zeros([4, 5])).pop()).toThrow(TypeError);
    expect(zeros([4, 5]).shape).toEqual([4, 5]);
    expect(zeros([4, 5]).size).toBe(20);
  });

  it("changed the list that it was called with", () => {
    const size = [2, 3];
    const made = [tensor([1, 2, 3, 4, 5, 6], size), zeros(size), ones([6]).reshape(size)];
    size.reverse();
    for (const t of made) expect(t.shape).toEqual([2, 3]);
    expect(zeros([2, 3]).shape).toEqual([2, 3]);
  });

  it("changed what its node shows", () => {
    const image = tensor(
      [
        [
          [
            [1, 2],
            [3, 4],
          ],
        ],
      ],
      null,
      { requiresGrad: true },
    );
    const pooled = () => image.avgPool2d(2, { stride: [1, 2] }).node as GradNode;
    const { params, edges, inputShapes, outputShape, saved } = pooled() as GradNode & { params: { stride: number[] } };
    for (const list of [params.stride, edges, inputShapes, inputShapes[0], outputShape, saved]) {
      expect(() => (list as unknown[]).push(1)).toThrow(TypeError);
    }
    expect(pooled().params).toMatchObject({ stride: [1, 2] });
  });
});

describe("frozen are", () => {
  it("the shapes of all results, of every op", () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const results = [x, x.add(1), x.reshape([6]), x.permute([1, 0]), x.sum(1), x.detach(), x.slice([[0, 1]]), x.max(1)];
    for (const t of results.flat() as Tensor[]) expect(Object.isFrozen(t.shape), String(t)).toBe(true);
  });

  it("what kernels are made for, and what the adapter is called", async () => {
    const { caps, adapter } = await openDevice();
    expect([caps, adapter].every(Object.isFrozen)).toBe(true);
  });

  it("what methods are made of, by name, and the names of their options", () => {
    const options = [Tent, Eata, Sar, Deyo, ZeroSiam].map((method) => method.options);
    expect([OBJECTIVES, DIVERGENCES, PREDICTORS, ...options].every(Object.isFrozen)).toBe(true);
  });

  it("the lists of names, and what a model's name stands for", () => {
    const { classes, inputShape, normalization } = modelEntry(MODELS[0]);
    const { mean, std } = normalization;
    const lists = [OPS, METHODS, SCENARIOS, CORRUPTION_NAMES, classes, inputShape, normalization, mean, std];
    expect(lists.every(Object.isFrozen)).toBe(true);
  });
});

// What the engine itself refuses, whichever op lets it pass.
import { beforeAll, expect, test } from "vitest";
import { OPS } from "../../src/kernels/index.js";
import { openDevice, ShapeError, tensor } from "../../src/tensor/index.js";
import type { AnyOp } from "../../src/tensor/op.js";
import { apply } from "../../src/tensor/run.js";

beforeAll(async () => {
  await openDevice();
});

test.each([-1, 1.5, Number.NaN, 1 / 0])("an op that infers a size of %s makes no tensor", async (size) => {
  const careless: AnyOp = { ...OPS[0], name: "careless", infer: () => [{ shape: [2, size], dtype: "f32" }] };
  const x = tensor([1, 2]);
  expect(() => apply(careless, [x], [])).toThrow(ShapeError);
  expect(() => apply(careless, [x], [])).toThrow(`careless: the result would be [2, ${size}]`);
  expect([...(await x.data())]).toEqual([1, 2]);
});

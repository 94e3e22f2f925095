// What the engine itself refuses, whichever op lets it pass.
import { beforeAll, describe, expect, test } from "vitest";
import { OPS } from "../../src/kernels/index.js";
import {
  cat,
  type DType,
  DTypeError,
  full,
  ones,
  openDevice,
  ShapeError,
  type Tensor,
  tensor,
  ZeroSiamError,
  zeros,
} from "../../src/tensor/index.js";
import type { AnyOp } from "../../src/tensor/op.js";
import { apply } from "../../src/tensor/run.js";

const wrongShape = 2 as unknown as number[];

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

test("what makes a tensor is named as it was called", () => {
  expect(() => zeros(wrongShape)).toThrow(/^zeros: /);
  expect(() => ones([2], { dtyp: "i32" } as object)).toThrow(/^ones: unknown option "dtyp"/);
});

describe("numbers that the dtype cannot hold", () => {
  test.each<[string, () => Tensor]>([
    ["beyond i32", () => tensor([1, 3e9], null, { dtype: "i32" })],
    ["below u32", () => tensor([[0], [-1]], null, { dtype: "u32" })],
    ["between integers", () => tensor([0.5], null, { dtype: "i32" })],
    ["NaN", () => tensor(Float32Array.of(Number.NaN), null, { dtype: "i32" })],
    ["of another typed array", () => tensor(Int32Array.of(-1), null, { dtype: "u32" })],
    ["to fill with", () => full([2], 3e9, { dtype: "i32" })],
  ])("are refused: %s", (_, make) => expect(make).toThrow(DTypeError));

  test("name their place, and the rest are taken", async () => {
    expect(() => tensor([1, 3e9], null, { dtype: "i32" })).toThrow("tensor: 3000000000 at 1 is no i32");
    expect([...(await tensor([-(2 ** 31), 2 ** 31 - 1], null, { dtype: "i32" }).data())]).toEqual([
      -(2 ** 31),
      2 ** 31 - 1,
    ]);
    expect([...(await tensor([0, 2 ** 32 - 1], null, { dtype: "u32" }).data())]).toEqual([0, 2 ** 32 - 1]);
    expect([...(await tensor([2, Number.NaN, 0], null, { dtype: "bool" }).data())]).toEqual([1, 1, 0]);
    expect([...(await tensor(Uint8Array.of(255), null, { dtype: "i32" }).data())]).toEqual([255]);
  });
});

describe("data of another type is refused, typed", () => {
  const any = (value: unknown) => value as never;
  test.each<[string, () => unknown]>([
    ["a text", () => tensor(any("1"))],
    ["texts", () => tensor(any(["1"]))],
    ["null", () => tensor(any(null))],
    ["holes", () => tensor(new Array(2))],
    ["a number for a shape", () => tensor([1], any(1))],
    ["a number for a shape to fill", () => zeros(any(3))],
    ["a dtype that nobody knows", () => tensor([1], null, { dtype: "f16" as DType })],
    ["no list to join", () => cat(any(null))],
    ["numbers to join", () => cat(any([1, 2]))],
    ["a tensor for a list to join", () => tensor([1]).concat(any(tensor([1])))],
  ])("%s", (_, make) => expect(make).toThrow(ZeroSiamError));
});

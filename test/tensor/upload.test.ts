// What can be made a tensor of, and what cannot: memory of other kinds, numbers of other types.
import { beforeAll, describe, expect, test } from "vitest";
import { ConfigError, DTypeError, full, memory, openDevice, ShapeError, tensor } from "../../src/tensor/index.js";

beforeAll(async () => {
  await openDevice();
});

test.each([
  ["f32", Float32Array],
  ["i32", Int32Array],
  ["u32", Uint32Array],
] as const)("memory that threads share is copied: %s", async (dtype, Kind) => {
  const shared = new Kind(new SharedArrayBuffer(16) as unknown as ArrayBuffer, 4, 3);
  shared.set([1, 2, 3]);
  using x = tensor(shared);
  shared.fill(9);
  expect(x.dtype).toBe(dtype);
  expect([...(await x.data())]).toEqual([1, 2, 3]);
});

describe("what holds no numbers of 32 bits is refused by its name, and takes no memory", () => {
  const anything = (value: unknown) => value as number;
  test.each([
    ["BigInt64Array", () => tensor(anything(new BigInt64Array(2))), DTypeError],
    ["BigUint64Array", () => tensor(anything(new BigUint64Array(0)), null, { dtype: "i32" }), DTypeError],
    ["DataView", () => tensor(anything(new DataView(new ArrayBuffer(8)))), DTypeError],
    ["data is 1", () => tensor(anything([1n])), ShapeError],
    ["value is 1", () => full([2], anything(1n)), ConfigError],
    ["value is Symbol(x)", () => full([2], anything(Symbol("x"))), ConfigError],
    ['value is "3"', () => full([2], anything("3")), ConfigError],
    ["value is null", () => full([2], anything(null)), ConfigError],
  ])("%s", (what, make, kind) => {
    const before = memory();
    expect(make).toThrow(kind);
    expect(make).toThrow(what);
    expect(memory()).toEqual(before);
  });
});

test("booleans fill as 0 and 1", async () => {
  using ones = full([2], true as unknown as number);
  expect([...(await ones.data())]).toEqual([1, 1]);
});

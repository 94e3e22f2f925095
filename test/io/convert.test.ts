// Conversions of stored tensors: exact values of every dtype, and the range checks.
import { describe, expect, it } from "vitest";
import { toFloat32, toInt32, toStored } from "../../src/nn/io/convert.js";
import type { StoredDType, StoredTensor } from "../../src/nn/io/safetensors.js";
import { CheckpointError } from "../../src/tensor/errors.js";

/** A tensor of these array's bytes, placed at an odd offset. */
function stored(dtype: StoredDType, array: ArrayBufferView & { length: number }): StoredTensor {
  const data = new Uint8Array(array.byteLength + 1).subarray(1);
  data.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return { dtype, shape: [array.length], data };
}

describe("toFloat32", () => {
  it("widens binary16 exactly: subnormals, extremes, infinities and NaN", () => {
    const bits = Uint16Array.of(0x0000, 0x8000, 0x0001, 0x03ff, 0x0400, 0x3c00, 0xc100, 0x7bff, 0x7c00, 0xfc00, 0x7e00);
    const want = [0, -0, 2 ** -24, 1023 * 2 ** -24, 2 ** -14, 1, -2.5, 65504, Infinity, -Infinity, NaN];
    expect([...toFloat32(stored("F16", bits))]).toEqual(want);
  });

  it("widens bfloat16 exactly", () => {
    const bits = Uint16Array.of(0x0000, 0x3f80, 0xc049, 0x7f80, 0x0001, 0x7fc0);
    expect([...toFloat32(stored("BF16", bits))]).toEqual([0, 1, -3.140625, Infinity, 2 ** -133, NaN]);
  });

  it("copies F32, rounds F64 and takes small integers, at odd offsets", () => {
    const floats = Float32Array.of(1.5, -0, NaN);
    const copy = toFloat32(stored("F32", floats));
    expect([...copy]).toEqual([...floats]);
    expect([...toFloat32(stored("F64", Float64Array.of(0.1, -Infinity)))]).toEqual([Math.fround(0.1), -Infinity]);
    expect([...toFloat32(stored("I64", BigInt64Array.of(-(2n ** 24n))))]).toEqual([-(2 ** 24)]);
    expect([...toFloat32(stored("U8", Uint8Array.of(255)))]).toEqual([255]);
    expect([...toFloat32(stored("I8", Int8Array.of(-128)))]).toEqual([-128]);
  });

  it("does not share memory with the file", () => {
    const tensor = stored("F32", Float32Array.of(1));
    toFloat32(tensor)[0] = 2;
    expect(toFloat32(tensor)[0]).toBe(1);
  });

  it("refuses doubles beyond float32, integers beyond 2²⁴ and dtypes without a conversion", () => {
    expect(() => toFloat32(stored("F64", Float64Array.of(0, 1e39)), "net.safetensors: tensor w")).toThrow(
      /net\.safetensors: tensor w: element 1 is 1e\+39, which float32 cannot hold/,
    );
    expect(() => toFloat32(stored("I32", Int32Array.of(2 ** 24 + 1)))).toThrow(CheckpointError);
    expect(() => toFloat32(stored("F8_E4M3", Uint8Array.of(1)))).toThrow(/F8_E4M3 does not convert to float32/);
  });
});

describe("toInt32", () => {
  it("takes every integer dtype", () => {
    const extremes = [-(2 ** 31), 2 ** 31 - 1];
    expect([...toInt32(stored("I32", Int32Array.from(extremes)))]).toEqual(extremes);
    expect([...toInt32(stored("I64", BigInt64Array.from(extremes.map(BigInt))))]).toEqual(extremes);
    expect([...toInt32(stored("U16", Uint16Array.of(65535)))]).toEqual([65535]);
    expect([...toInt32(stored("I16", Int16Array.of(-1)))]).toEqual([-1]);
    expect([...toInt32(stored("BOOL", Uint8Array.of(1, 0)))]).toEqual([1, 0]);
  });

  it("refuses integers beyond int32, and floats", () => {
    expect(() => toInt32(stored("I64", BigInt64Array.of(2n ** 31n)))).toThrow(/2147483648, which int32 cannot hold/);
    expect(() => toInt32(stored("U64", BigUint64Array.of(2n ** 64n - 1n)))).toThrow(CheckpointError);
    expect(() => toInt32(stored("U32", Uint32Array.of(2 ** 31)))).toThrow(CheckpointError);
    expect(() => toInt32(stored("F32", Float32Array.of(1)))).toThrow(/F32 does not convert to int32/);
  });
});

describe("toStored", () => {
  it("names the dtype of the array and round-trips it", () => {
    expect(toStored([2], Float32Array.of(1, 2)).dtype).toBe("F32");
    expect(toStored([1], Uint32Array.of(1)).dtype).toBe("U32");
    expect(toStored([1], Uint8Array.of(1)).dtype).toBe("U8");
    expect([...toInt32(toStored([2], Int32Array.of(-5, 6).subarray(0)))]).toEqual([-5, 6]);
  });
});

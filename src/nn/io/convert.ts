// Stored tensors to and from JavaScript arrays: widening is exact, narrowing is checked.
import { CheckpointError } from "../../tensor/errors.js";
import type { Shape } from "../../tensor/shape.js";
import { DTYPE_BYTES, type StoredDType, type StoredTensor } from "./safetensors.js";

type Read = (view: DataView, at: number) => number;

const INTEGERS: Partial<Record<StoredDType, Read>> = {
  BOOL: (view, at) => view.getUint8(at),
  U8: (view, at) => view.getUint8(at),
  I8: (view, at) => view.getInt8(at),
  U16: (view, at) => view.getUint16(at, true),
  I16: (view, at) => view.getInt16(at, true),
  U32: (view, at) => view.getUint32(at, true),
  I32: (view, at) => view.getInt32(at, true),
  // Beyond 2⁵³ the number is rounded: no matter, as either range check refuses it long before.
  U64: (view, at) => Number(view.getBigUint64(at, true)),
  I64: (view, at) => Number(view.getBigInt64(at, true)),
};

const FLOATS: Partial<Record<StoredDType, Read>> = {
  F16: (view, at) => halfToNumber(view.getUint16(at, true)),
  BF16: (view, at) => bfloatToNumber(view.getUint16(at, true)),
  F64: (view, at) => view.getFloat64(at, true),
};

/**
 * The elements as float32, in a fresh array. F64 is rounded; integers must be at most 2²⁴ in magnitude, to stay exact.
 * Throws CheckpointError, naming `what`, on a value out of range and on a dtype with no conversion (F8).
 */
export function toFloat32(tensor: StoredTensor, what = "tensor"): Float32Array<ArrayBuffer> {
  // The common case by one copy (which also aligns it): typed arrays are little-endian wherever WebGPU runs.
  if (tensor.dtype === "F32") return new Float32Array(new Uint8Array(tensor.data).buffer);
  const integer = INTEGERS[tensor.dtype];
  const read = integer ?? FLOATS[tensor.dtype] ?? refuse(tensor, what, "float32");
  const out = new Float32Array(countOf(tensor));
  forEachElement(tensor, read, (value, i) => {
    out[i] = value;
    const fits = integer ? Math.abs(value) <= 2 ** 24 : Number.isFinite(out[i]) || !Number.isFinite(value);
    if (!fits) refuseValue(tensor, what, value, i, "float32");
  });
  return out;
}

/** The elements as int32, in a fresh array. Throws CheckpointError, naming `what`, unless they are such integers. */
export function toInt32(tensor: StoredTensor, what = "tensor"): Int32Array<ArrayBuffer> {
  const read = INTEGERS[tensor.dtype] ?? refuse(tensor, what, "int32");
  const out = new Int32Array(countOf(tensor));
  forEachElement(tensor, read, (value, i) => {
    out[i] = value;
    if (out[i] !== value) refuseValue(tensor, what, value, i, "int32");
  });
  return out;
}

/** An array as a tensor to store. The bytes are shared, not copied. */
export function toStored(shape: Shape, array: Float32Array | Int32Array | Uint32Array | Uint8Array): StoredTensor {
  const data = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  if (array instanceof Float32Array) return { dtype: "F32", shape, data };
  if (array instanceof Int32Array) return { dtype: "I32", shape, data };
  return { dtype: array instanceof Uint32Array ? "U32" : "U8", shape, data };
}

function countOf({ dtype, data }: StoredTensor): number {
  return data.byteLength / DTYPE_BYTES[dtype];
}

function forEachElement({ dtype, data }: StoredTensor, read: Read, visit: (value: number, i: number) => void): void {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const step = DTYPE_BYTES[dtype];
  for (let i = 0, at = 0; at < data.byteLength; i++, at += step) visit(read(view, at), i);
}

/** IEEE binary16: sign, 5 bits of exponent (bias 15), 10 of fraction. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = (bits & 0x3ff) / 1024;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? 2 ** -14 * fraction : 2 ** (exponent - 15) * (1 + fraction));
}

const word = new DataView(new ArrayBuffer(4));

/** bfloat16 is the upper half of a float32. */
function bfloatToNumber(bits: number): number {
  word.setUint16(0, bits);
  return word.getFloat32(0);
}

function refuse({ dtype }: StoredTensor, what: string, target: string): never {
  throw new CheckpointError(`${what}: ${dtype} does not convert to ${target}`, `store the tensor as ${target}`);
}

function refuseValue({ dtype }: StoredTensor, what: string, value: number, i: number, target: string): never {
  throw new CheckpointError(
    `${what}: element ${i} is ${value}, which ${target} cannot hold (stored as ${dtype})`,
    `values must fit ${target}`,
  );
}

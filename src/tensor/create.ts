// Making tensors: from host data, constants and ranges.
import { checkList, formatValue } from "./arguments.js";
import { deviceFor } from "./current.js";
import type { Device } from "./device/device.js";
import { DTYPES, type DType, holds, type TypedArray } from "./dtype.js";
import { ConfigError, DTypeError, ShapeError } from "./errors.js";
import { checkOptions } from "./options.js";
import { disown } from "./scope.js";
import { checkShape, formatShape, type Shape, sameShape, sizeOf } from "./shape.js";
import { checkFits, Storage } from "./storage.js";
import { Tensor } from "./tensor.js";

/** Where a new tensor lies, and of what it is made. */
export interface CreateOptions {
  /** Default: the device opened last. */
  device?: Device;
  /** Default: `f32`, or the typed array's own. */
  dtype?: DType;
  /** Whether it is a leaf that wants a gradient. Default false. */
  requiresGrad?: boolean;
}

const OPTIONS: readonly (keyof CreateOptions)[] = ["device", "dtype", "requiresGrad"];

/** Numbers nested as deep as the tensor's rank; booleans become 0 and 1. */
export type NestedArray = number | boolean | readonly NestedArray[];

/**
 * A tensor of `data`: nested arrays give the shape; a flat array takes `shape`.
 * Throws ShapeError when rows differ in length or the count does not fit, DTypeError for an array of another type and
 * for numbers that the dtype cannot hold, ConfigError for unknown options.
 */
export function tensor(
  data: NestedArray | TypedArray | Uint8Array,
  shape?: Shape | null,
  options: CreateOptions = {},
): Tensor {
  checkOptions("tensor", options, OPTIONS);
  if (ArrayBuffer.isView(data)) checkElements(data);
  const nested = ArrayBuffer.isView(data) ? [data.length] : nestedShape(data);
  const flat = ArrayBuffer.isView(data) ? data : flatten(data);
  checkShape("tensor", shape ?? nested);
  const size = [...(shape ?? nested)];
  if (sizeOf(size) !== flat.length) {
    throw new ShapeError(
      `tensor: ${flat.length} values do not fill ${formatShape(size)} (${flat.length} ≠ ${sizeOf(size)})`,
      "pass as many values as the shape has elements",
    );
  }
  const dtype = options.dtype ?? dtypeOf(data);
  return upload(convert(flat, dtype), size, dtype, options);
}

/** A tensor filled with `value`. Throws ConfigError for unknown options and for what is no number, DTypeError for numbers that the dtype cannot hold. */
export function full(shape: Shape, value: number, options: CreateOptions = {}): Tensor {
  return filled("full", shape, value, options);
}

function filled(owner: string, shape: Shape, value: number, options: CreateOptions): Tensor {
  checkOptions(owner, options, OPTIONS);
  checkShape(owner, shape);
  if (typeof value !== "number" && typeof value !== "boolean") {
    throw new ConfigError(`${owner}: value is ${formatValue(value)}`, "pass a number");
  }
  const device = deviceFor(owner, options);
  checkFits(device, shape, owner);
  return leaf(constant(Number(value), options.dtype ?? "f32", device).broadcastTo(shape), options);
}

/** A tensor filled with 0. Throws as `full` does. */
export function zeros(shape: Shape, options: CreateOptions = {}): Tensor {
  return filled("zeros", shape, 0, options);
}

/** A tensor filled with 1. Throws as `full` does. */
export function ones(shape: Shape, options: CreateOptions = {}): Tensor {
  return filled("ones", shape, 1, options);
}

/** The n × n identity matrix. */
export function eye(n: number, options: CreateOptions = {}): Tensor {
  checkOptions("eye", options, OPTIONS);
  checkShape("eye", [n]);
  checkFits(deviceFor("eye", options), [n, n], "eye"); // before it is made here
  const data = new Float32Array(n * n);
  for (let i = 0; i < n; i++) data[i * n + i] = 1;
  return tensor(data, [n, n], options);
}

/** `[0, 1, …, n − 1]`. */
export function arange(n: number, options: CreateOptions = {}): Tensor {
  checkOptions("arange", options, OPTIONS);
  checkShape("arange", [n]);
  checkFits(deviceFor("arange", options), [n], "arange");
  return tensor(
    Array.from({ length: n }, (_, i) => i),
    [n],
    options,
  );
}

/** Joins a list of tensors along `dim`, as `first.concat(others, dim)` does; the other sizes must agree. Throws ShapeError. */
export function cat(tensors: readonly Tensor[], dim = 0): Tensor {
  const first = Array.isArray(tensors) ? tensors[0] : null;
  if (!(first instanceof Tensor)) throw new ShapeError("cat: no tensors given", "pass at least one, in an array");
  return first.concat(tensors.slice(1), dim);
}

const constants = new WeakMap<Device, Map<string, Tensor>>();
const MAX_CONSTANTS = 256;
let cachedConstants = 0;

/** Scalars held by the cache, which are nobody's to dispose. */
export function constantCount(): number {
  return cachedConstants;
}

/** A scalar kept on the device, so that `x.mul(2)` uploads its 2 once. Callers must not dispose it. */
export function constant(value: number, dtype: DType, device: Device): Tensor {
  const cache = constants.get(device) ?? new Map<string, Tensor>();
  constants.set(device, cache);
  const key = `${dtype} ${Object.is(value, -0) ? "-0" : value}`;
  let scalar = cache.get(key);
  cache.delete(key);
  if (!scalar) {
    scalar = upload(convert([value], dtype), [], dtype, { device });
    disown(scalar);
    cachedConstants++;
    evictOldest(cache);
  }
  cache.set(key, scalar);
  return scalar;
}

function evictOldest(cache: Map<string, Tensor>): void {
  if (cache.size < MAX_CONSTANTS) return;
  const [key, oldest] = cache.entries().next().value as [string, Tensor];
  oldest.dispose();
  cache.delete(key);
  cachedConstants--;
}

function upload(data: TypedArray, shape: Shape, dtype: DType, options: CreateOptions): Tensor {
  const device = deviceFor("tensor", options);
  checkFits(device, shape, "tensor");
  const storage = new Storage(device, data.length, "tensor");
  if (data.length > 0) storage.device.write(storage.buffer, data);
  return leaf(new Tensor(storage, shape, dtype), options);
}

/** `made`, wanting a gradient if asked to. Throws DTypeError where it can have none, and leaks nothing. */
function leaf(made: Tensor, { requiresGrad = false }: CreateOptions): Tensor {
  try {
    return made.setRequiresGrad(requiresGrad);
  } catch (error) {
    made.dispose();
    throw error;
  }
}

/** Throws DTypeError for a view of memory whose elements are no numbers: BigInt64Array, DataView. */
function checkElements(data: ArrayBufferView): void {
  const name = Object.prototype.toString.call(data).slice(8, -1); // [object BigInt64Array]
  if (/^(Float|Int|Uint)/.test(name)) return;
  throw new DTypeError(`tensor: data is a ${name}`, "tensors hold numbers of 32 bits: Float32Array.from(data, Number)");
}

function dtypeOf(data: NestedArray | TypedArray | Uint8Array): DType {
  if (data instanceof Int32Array) return "i32";
  if (data instanceof Uint32Array) return "u32";
  if (data instanceof Uint8Array) throw new DTypeError("tensor: bytes have no dtype of their own", "pass { dtype }");
  let first: NestedArray | undefined = data as NestedArray;
  while (Array.isArray(first)) first = first[0];
  return typeof first === "boolean" ? "bool" : "f32";
}

/** `values` as `dtype` stores them; bool is 0 or 1. Throws DTypeError where one does not fit, ConfigError where there is no such dtype. */
function convert(values: ArrayLike<number>, dtype: DType): TypedArray {
  if (!DTYPES.includes(dtype)) {
    throw new ConfigError(`tensor: ${formatValue(dtype)} is no dtype`, `use ${DTYPES.join(", ")}`);
  }
  const kept = dtype === "u32" ? values instanceof Uint32Array : dtype !== "i32" || values instanceof Int32Array;
  const odd = kept ? -1 : Array.prototype.findIndex.call(values, (value) => !holds(dtype, value));
  if (odd >= 0) {
    throw new DTypeError(
      `tensor: ${values[odd]} at ${odd} is no ${dtype}`,
      "integers take integers in their range alone: make it f32, and cast it",
    );
  }
  if (dtype === "f32") return isUnshared(values) ? values : new Float32Array(values);
  if (dtype === "i32") return Int32Array.from(values);
  return dtype === "u32" ? Uint32Array.from(values) : Uint32Array.from(values, (v) => Number(v !== 0));
}

/** Whether these f32 can be uploaded as they are: WebGPU in Node takes no memory that is shared with another thread. */
function isUnshared(values: ArrayLike<number>): values is Float32Array<ArrayBuffer> {
  return values instanceof Float32Array && values.buffer instanceof ArrayBuffer;
}

function flatten(data: NestedArray): number[] {
  if (typeof data === "number" || typeof data === "boolean") return [Number(data)];
  const parts = Array.from(checkList("tensor", "data", data)); // holes become undefined
  return parts.every((part) => typeof part === "number") ? parts : parts.flatMap(flatten);
}

/** Arrays in arrays: more are a list that holds itself. */
const DEEPEST = 64;

/** The shape of nested arrays, from their first elements; throws ShapeError where a row differs from its siblings. */
function nestedShape(data: NestedArray, depth = 0): number[] {
  if (!Array.isArray(data)) return [];
  if (depth === DEEPEST)
    throw new ShapeError(`tensor: arrays in arrays, ${DEEPEST} deep`, "pass a flat array and a shape");
  const shapes = Array.from(data, (row: NestedArray) => nestedShape(row, depth + 1));
  for (const shape of shapes) {
    if (!sameShape(shape, shapes[0])) {
      throw new ShapeError(
        `tensor: rows of shapes ${formatShape(shapes[0])} and ${formatShape(shape)}`,
        "rows must have equal lengths",
      );
    }
  }
  return [data.length, ...(shapes[0] ?? [])];
}

// The data types of tensors, and how each is stored on the device and in JavaScript.

/** Element types. `bool` is stored as u32 0 or 1: WGSL has no host-shareable bool. */
export type DType = "f32" | "i32" | "u32" | "bool";

/** All of them. */
export const DTYPES: readonly DType[] = Object.freeze(["f32", "i32", "u32", "bool"] as const);

/** Host-side array of a dtype's elements, as stored on the device (4 bytes an element). */
export type TypedArray = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/** Bytes of one element; every dtype has four. */
export const BYTES = 4;

/** The WGSL type that stores an element of `dtype` in a buffer. */
export function wgslType(dtype: DType): "f32" | "i32" | "u32" {
  return dtype === "bool" ? "u32" : dtype;
}

/** A view of `buffer` as `dtype`'s elements. */
export function typedView(dtype: DType, buffer: ArrayBuffer): TypedArray {
  if (dtype === "f32") return new Float32Array(buffer);
  return dtype === "i32" ? new Int32Array(buffer) : new Uint32Array(buffer);
}

/** Whether `dtype` can stand for `value`: integers take integers in their range alone, f32 rounds. */
export function holds(dtype: DType, value: number): boolean {
  if (dtype === "i32") return value === (value | 0);
  return dtype !== "u32" || value === value >>> 0;
}

/** An integer `value` as arithmetic of `dtype` leaves it: i32 and u32 wrap at 2³², as on the device. Exact below 2⁵³. */
export function wrapped(dtype: DType, value: number): number {
  if (dtype === "i32") return value | 0;
  return dtype === "u32" ? value >>> 0 : value;
}

/** `value` as `dtype` stores it: f32 rounds it, bool takes anything but 0 for true. It must be one that `dtype` holds. */
export function stored(dtype: DType, value: number): number {
  if (dtype === "f32") return Math.fround(value);
  return dtype === "bool" ? Number(value !== 0) : value;
}

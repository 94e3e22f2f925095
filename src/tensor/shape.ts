// Shapes and axes: sizes, strides, broadcasting and normalisation of dimensions. All tensors are row-major.
import { formatValue } from "./arguments.js";
import { ShapeError } from "./errors.js";

/** Sizes of each dimension, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

/** `[2, 3]`, as error messages print it. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** `shape` as it may be shown: a copy that cannot be changed, or itself where it is one. */
export function frozen(shape: Shape): Shape {
  return Object.isFrozen(shape) ? shape : Object.freeze([...shape]);
}

/** Number of elements. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const n of shape) size *= n;
  return size;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((n, i) => n === b[i]);
}

/** Row-major strides, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= shape[i];
  }
  return strides;
}

/** Whether `value` is a list of non-negative integers. */
export function isShape(value: unknown): value is Shape {
  return Array.isArray(value) && Array.from(value).every((n) => Number.isInteger(n) && n >= 0);
}

/** Throws ShapeError unless `shape` is a list of non-negative integers. */
export function checkShape(op: string, shape: Shape): void {
  if (isShape(shape)) return;
  throw new ShapeError(`${op}: ${formatValue(shape)} is not a shape`, "sizes are integers ≥ 0, in an array");
}

/** `value`, the size `name` of a dimension. Throws ShapeError unless it is a non-negative integer. */
export function checkSize(op: string, name: string, value: number): number {
  if (Number.isInteger(value) && value >= 0) return value;
  throw new ShapeError(`${op}: ${name} is ${formatValue(value)}`, "sizes are integers ≥ 0");
}

/** The axis `dim` of a tensor of rank `rank`, negative values counting from the end. Throws ShapeError. */
export function normalizeDim(op: string, dim: number, rank: number): number {
  const axis = Number.isInteger(dim) && dim < 0 ? dim + rank : dim;
  if (!Number.isInteger(dim) || axis < 0 || axis >= rank) {
    throw new ShapeError(`${op}: dim ${formatValue(dim)} does not exist in a tensor of rank ${rank}`, dimHelp(rank));
  }
  return axis;
}

function dimHelp(rank: number): string {
  return rank === 0 ? "a scalar has no dimensions" : `dim must be between ${-rank} and ${rank - 1}`;
}

/** Sorted, distinct axes; undefined or null means all of them. Throws ShapeError on repeats and on axes out of range. */
export function normalizeDims(op: string, dims: number | Shape | null | undefined, rank: number): number[] {
  if (dims === undefined || dims === null) return Array.from({ length: rank }, (_, i) => i);
  const axes = Array.from(Array.isArray(dims) ? dims : [dims], (d) => normalizeDim(op, d, rank));
  if (new Set(axes).size !== axes.length) {
    throw new ShapeError(`${op}: dims ${formatShape(axes)} repeat`, "name each dimension once");
  }
  return axes.sort((a, b) => a - b);
}

/** Shape after reducing `axes`: removed, or kept with size 1. */
export function reducedShape(shape: Shape, axes: Shape, keepdim: boolean): number[] {
  if (keepdim) return shape.map((n, i) => (axes.includes(i) ? 1 : n));
  return shape.filter((_, i) => !axes.includes(i));
}

/** NumPy broadcasting of any number of shapes. Throws ShapeError naming the two sizes that clash. */
export function broadcastShapes(op: string, ...shapes: Shape[]): number[] {
  const rank = Math.max(0, ...shapes.map((s) => s.length));
  const out = new Array<number>(rank).fill(1);
  for (let i = 0; i < rank; i++) {
    for (const shape of shapes) {
      const n = shape[shape.length - rank + i] ?? 1;
      if (n === 1 || n === out[i]) continue;
      if (out[i] !== 1) {
        throw new ShapeError(
          `${op}: shapes ${shapes.map(formatShape).join(" and ")} do not broadcast (${out[i]} ≠ ${n} in dimension ${i - rank})`,
          "sizes must be equal or 1, counted from the last dimension",
        );
      }
      out[i] = n;
    }
  }
  return out;
}

/** Strides that read `shape` as if it were broadcast to `target`: 0 along repeated dimensions. */
export function broadcastStrides(shape: Shape, target: Shape): number[] {
  const strides = stridesOf(shape);
  const pad = target.length - shape.length;
  return target.map((_, i) => (i < pad || shape[i - pad] === 1 ? 0 : strides[i - pad]));
}

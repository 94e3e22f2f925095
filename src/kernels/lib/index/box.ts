// Boxes of elements inside a tensor: from ranges as Python has them, to places in memory.
import { checkList, formatValue } from "../../../tensor/arguments.js";
import { ShapeError } from "../../../tensor/errors.js";
import { formatShape, type Shape, sizeOf, stridesOf } from "../../../tensor/shape.js";

/** `[start, stop, step]`: from `start`, below `stop` (default the end), every `step`-th (default 1); null takes all. */
export type Range = readonly [start: number, stop?: number | null, step?: number] | null;

/** A box in a tensor: its first coordinates, the steps along the tensor's dimensions, and its own shape. */
export interface Box {
  readonly starts: readonly number[];
  readonly steps: readonly number[];
  readonly shape: Shape;
}

/** Python's rule for slices: negative ends count from the back, ends beyond the tensor are cut. Throws ShapeError. */
export function resolveRanges(op: string, shape: Shape, ranges: readonly Range[]): Box {
  if (checkList(op, "ranges", ranges).length > shape.length) {
    throw new ShapeError(
      `${op}: ${ranges.length} ranges for ${formatShape(shape)} (${ranges.length} > ${shape.length})`,
      "give at most one range for each dimension",
    );
  }
  const resolved = shape.map((size, d) => {
    const range = ranges[d] ?? [0];
    const [start, stop, step = 1] =
      Array.isArray(range) && range.length <= 3 ? (range as NonNullable<Range>) : [Number.NaN];
    if (![start, stop ?? 0, step].every(Number.isInteger) || step < 1) {
      throw new ShapeError(
        `${op}: ${formatValue(ranges[d])} is no range of dimension ${d}`,
        "give integers [start, stop, step] with step ≥ 1; flip() reverses",
      );
    }
    const [from, to] = [cut(start, size), cut(stop ?? size, size)];
    // Any step past the end takes one element: as large a one as the dimension does.
    return { from, step: Math.min(step, Math.max(1, size)), count: Math.max(0, Math.ceil((to - from) / step)) };
  });
  return {
    starts: resolved.map((r) => r.from),
    steps: resolved.map((r) => r.step),
    shape: resolved.map((r) => r.count),
  };
}

function cut(end: number, size: number): number {
  return Math.min(size, Math.max(0, end < 0 ? end + size : end));
}

/** Where `box` lies in a tensor of `shape`: the place of its first element, and the step along each dimension. */
export function placeIn(shape: Shape, { starts, steps }: Omit<Box, "shape">): { start: number; strides: number[] } {
  const strides = stridesOf(shape);
  return { start: starts.reduce((at, s, d) => at + s * strides[d], 0), strides: strides.map((s, d) => s * steps[d]) };
}

/** The places of a box's elements in row-major order, for references. */
export function placesOf(sizes: Shape, { start, strides }: { start: number; strides: readonly number[] }): number[] {
  const split = stridesOf(sizes);
  return Array.from({ length: sizeOf(sizes) }, (_, i) =>
    sizes.reduce((at, n, d) => at + (Math.floor(i / split[d]) % n) * strides[d], start),
  );
}

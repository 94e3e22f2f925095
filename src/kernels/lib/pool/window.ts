// Sliding windows over the last two dimensions: the geometry that convolutions and pools share.
import { formatValue } from "../../../tensor/arguments.js";
import { ConfigError, DTypeError, ShapeError } from "../../../tensor/errors.js";
import type { TensorInfo } from "../../../tensor/op.js";
import { formatShape, isShape, type Shape } from "../../../tensor/shape.js";

/** Height first. */
export type Pair = readonly [number, number];

/** One number for both dimensions, or a pair. */
export type Size2d = number | Pair;

/** How windows are laid over an image. */
export interface Window {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly padding: Pair;
  readonly dilation: Pair;
}

/** `value` as a pair of integers ≥ `least`. Throws ConfigError. */
export function pair(op: string, name: string, value: Size2d, least: number): Pair {
  const both: Pair = typeof value === "number" ? [value, value] : value;
  if (!isShape(both) || both.length !== 2 || Math.min(...both) < least || Math.max(...both) >= 2 ** 31) {
    throw new ConfigError(
      `${op}: ${name} is ${formatValue(value)}`,
      `pass an integer from ${least} to 2147483647, or a pair of them`,
    );
  }
  return [both[0], both[1]];
}

/** `[B, C, H, W]` of an f32 image batch. Throws DTypeError, ShapeError. */
export function imageShape(op: string, name: string, { shape, dtype }: TensorInfo): [number, number, number, number] {
  if (dtype !== "f32") throw new DTypeError(`${op}: ${name} is ${dtype}`, "cast it to f32");
  if (shape.length !== 4) {
    throw new ShapeError(
      `${op}: ${name} ${formatShape(shape)} is of rank ${shape.length}, not 4`,
      "images are [B, C, H, W]",
    );
  }
  return shape as unknown as [number, number, number, number];
}

/** How many windows fit an image of `size` [H, W]. Throws ShapeError where none does. */
export function windowsOver(op: string, size: Shape, { kernel, stride, padding, dilation }: Window): Pair {
  const [h, w] = [0, 1].map((d) => {
    const extent = dilation[d] * (kernel[d] - 1) + 1;
    const padded = size[d] + 2 * padding[d];
    if (padded < extent) {
      throw new ShapeError(
        `${op}: a window of ${extent} does not fit ${formatShape(size)} with padding ${formatShape(padding)} (${extent} > ${padded})`,
        "make the kernel or the dilation smaller, or the padding larger",
      );
    }
    return Math.floor((padded - extent) / stride[d]) + 1;
  });
  return [h, w];
}

/** Window sizes as WGSL constants, height and width of each: few differ in a net, and dividing by a constant is cheap. */
export function windowConstants({ kernel, stride, padding, dilation }: Window): string {
  return Object.entries({ K: kernel, S: stride, P: padding, D: dilation })
    .map(([name, [h, w]]) => `const ${name}H = ${h}u; const ${name}W = ${w}u;`)
    .join(" ");
}

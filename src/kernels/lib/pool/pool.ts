// What the pooling ops share: options and sizes.
import { checkFlag } from "../../../tensor/arguments.js";
import { ConfigError, ShapeError } from "../../../tensor/errors.js";
import type { Choose, Inputs, TensorInfo } from "../../../tensor/op.js";
import { given } from "../../../tensor/options.js";
import { formatShape, type Shape, sameShape, sizeOf } from "../../../tensor/shape.js";
import { imageShape, type Pair, pair, type Size2d, type Window, windowsOver } from "./window.js";

/** How the window moves. */
export interface PoolOptions {
  /** Step between windows; default: the kernel, so that they do not overlap. */
  stride?: Size2d;
  /** Pixels added on every side, at most half the kernel; default 0. */
  padding?: Size2d;
}

/** How the window moves, and what it is divided by. */
export interface AvgPoolOptions extends PoolOptions {
  /** Whether the padding's zeros count in the divisor; default true. */
  countIncludePad?: boolean;
}

export const POOL_OPTIONS = ["stride", "padding"] as const satisfies (keyof PoolOptions)[];
export const AVG_POOL_OPTIONS = [...POOL_OPTIONS, "countIncludePad"] as const satisfies (keyof AvgPoolOptions)[];

/** Throws ConfigError. */
export function poolWindow(op: string, kernel: Size2d | Shape, options?: PoolOptions): Window {
  const { stride = kernel as Size2d, padding = 0 } = given(op, options);
  const both = pair(op, "kernel", kernel as Size2d, 1);
  if (both[0] * both[1] >= 2 ** 32) {
    throw new ConfigError(`${op}: kernel is ${formatShape(both)}`, "a window holds less than 2³² pixels");
  }
  return {
    kernel: both,
    stride: pair(op, "stride", stride, 1),
    padding: pair(op, "padding", padding, 0),
    dilation: [1, 1],
  };
}

/** The same, and whether padding counts in the means. Throws ConfigError. */
export function avgPoolWindow(
  op: string,
  kernel: Size2d | Shape,
  options?: AvgPoolOptions,
): Window & { readonly countIncludePad: boolean } {
  const { countIncludePad = true } = given(op, options);
  return { ...poolWindow(op, kernel, options), countIncludePad: checkFlag(op, "countIncludePad", countIncludePad) };
}

/** The result `[B, C, H', W']` of pooling x. Throws ShapeError, DTypeError. */
export function pooledShape(op: string, name: string, x: TensorInfo, window: Window): number[] {
  const { kernel, padding } = window;
  const [b, c, ...size] = imageShape(op, name, x);
  if (padding[0] > kernel[0] / 2 || padding[1] > kernel[1] / 2) {
    throw new ShapeError(
      `${op}: padding ${formatShape(padding)} is more than half the kernel ${formatShape(kernel)}`,
      "a window must hold a pixel: pad less",
    );
  }
  if (sizeOf(size) === 0) {
    const help = "a window must hold a pixel: only the batch may be empty";
    throw new ShapeError(`${op}: ${name} ${formatShape(x.shape)} has no pixels`, help);
  }
  return [b, c, ...windowsOver(op, size, window)];
}

/** The shape of x `[B, C, size]` from the gradient of its pooling. Throws ShapeError, DTypeError. */
export function unpooledShape(op: string, gy: TensorInfo, size: Pair, window: Window): number[] {
  const [b, c] = imageShape(op, "gy", gy);
  const x = [b, c, ...size];
  const want = pooledShape(op, "x", { shape: x, dtype: "f32" }, window);
  if (!sameShape(gy.shape, want)) {
    throw new ShapeError(
      `${op}: gy ${formatShape(gy.shape)} is not what pooling makes of ${formatShape(x)}: ${formatShape(want)}`,
      "pass the size, kernel and options of the pooling",
    );
  }
  return x;
}

/** A kernel and options that fit the image `x`. */
export function drawPool(x: TensorInfo, choose: Choose) {
  const kernel = x.shape.slice(2).map((n) => 1 + choose(Math.min(7, n)));
  const options = { stride: 1 + choose(3), padding: kernel.map((k) => choose(Math.floor(k / 2) + 1)) };
  const fits = x.dtype === "f32" && x.shape.length === 4 && sizeOf(x.shape.slice(2)) > 0;
  return fits ? { inputs: [x], args: [kernel, options] as const } : null;
}

/** The only tensor of `inputs` at `i`, which is never absent. */
export const info = <T extends TensorInfo>(inputs: Inputs<T>, i: number): T => inputs[i] as T;

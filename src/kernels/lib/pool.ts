// What the pooling ops share: options, sizes, and which windows cover a pixel.
import { ShapeError } from "../../tensor/errors.js";
import type { Inputs, TensorInfo } from "../../tensor/op.js";
import { formatShape, type Shape, sameShape } from "../../tensor/shape.js";
import { type Uniform, u32 } from "./kernel.js";
import { imageShape, type Pair, pair, type Size2d, type Window, windowsOver } from "./window.js";

export interface PoolOptions {
  /** Step between windows; default: the kernel, so that they do not overlap. */
  stride?: Size2d;
  /** Pixels added on every side, at most half the kernel; default 0. */
  padding?: Size2d;
}

export interface AvgPoolOptions extends PoolOptions {
  /** Whether the padding's zeros count in the divisor; default true. */
  countIncludePad?: boolean;
}

/** Throws ConfigError. */
export function poolWindow(op: string, kernel: Size2d | Shape, options: PoolOptions = {}): Window {
  const { stride = kernel as Size2d, padding = 0 } = options;
  return {
    kernel: pair(op, "kernel", kernel as Size2d, 1),
    stride: pair(op, "stride", stride, 1),
    padding: pair(op, "padding", padding, 0),
    dilation: [1, 1],
  };
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

/** Uniforms of a kernel with one thread per element of `out`; x is `h` × `w`, y is `oh` × `ow`. */
export function poolUniforms(x: Shape, y: Shape, count: number): Record<string, Uniform> {
  return { count: u32(count), h: u32(x[2]), w: u32(x[3]), oh: u32(y[2]), ow: u32(y[3]) };
}

/** The only tensor of `inputs` at `i`, which is never absent. */
export const info = <T extends TensorInfo>(inputs: Inputs<T>, i: number): T => inputs[i] as T;

/** WGSL: the first window that covers a padded coordinate, and the end of those that do. */
export const COVERING = `fn first_window(at: u32, kernel: u32, stride: u32) -> u32 {
  return select(0u, (at - kernel) / stride + 1u, at >= kernel);
}
fn end_window(at: u32, stride: u32, windows: u32) -> u32 { return min(at / stride + 1u, windows); }`;

/** WGSL: where window `i` of `n` over `size` pixels starts, and ends. */
export const ADAPTIVE = `fn window_start(i: u32, size: u32, n: u32) -> u32 { return i * size / n; }
fn window_end(i: u32, size: u32, n: u32) -> u32 { return ((i + 1u) * size + n - 1u) / n; }`;

/** Calls `visit` with the places of every pixel and of a window that it is in, and that window's number of pixels. */
export function adaptiveTerms(x: Shape, size: Pair, visit: (x: number, y: number, pixels: number) => void): void {
  const [b, c, h, w] = x;
  const [oh, ow] = size;
  const span = (i: number, of: number, n: number) => [Math.floor((i * of) / n), Math.ceil(((i + 1) * of) / n)];
  for (let y = 0; y < b * c * oh * ow; y++) {
    const plane = Math.floor(y / (oh * ow));
    const [top, bottom] = span(Math.floor(y / ow) % oh, h, oh);
    const [left, right] = span(y % ow, w, ow);
    for (let iy = top; iy < bottom; iy++)
      for (let ix = left; ix < right; ix++) visit((plane * h + iy) * w + ix, y, (bottom - top) * (right - left));
  }
}

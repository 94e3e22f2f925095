// What a convolution and its two gradients share: options, sizes, and their check.

import { formatValue } from "../../../tensor/arguments.js";
import { ConfigError, ShapeError } from "../../../tensor/errors.js";
import type { Choose, TensorInfo } from "../../../tensor/op.js";
import { given } from "../../../tensor/options.js";
import { formatShape, type Shape } from "../../../tensor/shape.js";
import { isFloat } from "../declare/draw.js";
import { type Pair, pair, type Size2d, type Window, windowsOver } from "../pool/window.js";
import { type Uniform, u32 } from "../text/kernel.js";

/** How the filter moves, and which channels it sees. */
export interface ConvolutionOptions {
  /** Step between windows; default 1. */
  stride?: Size2d;
  /** Zeros on every side; default 0. */
  padding?: Size2d;
  /** Distance between the taps of the kernel; default 1. */
  dilation?: Size2d;
  /** Parts into which the channels fall, each convolved by itself; default 1. */
  groups?: number;
}

export const CONVOLUTION_OPTIONS = [
  "stride",
  "padding",
  "dilation",
  "groups",
] as const satisfies (keyof ConvolutionOptions)[];

/** Options as they are kept: all given, all pairs. */
export interface ConvolutionParams {
  readonly stride: Pair;
  readonly padding: Pair;
  readonly dilation: Pair;
  readonly groups: number;
}

/** Throws ConfigError. */
export function convolutionParams(op: string, options?: ConvolutionOptions): ConvolutionParams {
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = given(op, options);
  if (!Number.isInteger(groups) || groups < 1)
    throw new ConfigError(`${op}: groups is ${formatValue(groups)}`, "pass an integer ≥ 1");
  return {
    stride: pair(op, "stride", stride, 1),
    padding: pair(op, "padding", padding, 0),
    dilation: pair(op, "dilation", dilation, 1),
    groups,
  };
}

/** All sizes of a convolution of x `[batch, channels, h, w]`, weight `[filters, channels / groups, kh, kw]`, y `[batch, filters, oh, ow]`. */
export interface Convolution extends Window {
  readonly batch: number;
  readonly channels: number;
  readonly filters: number;
  readonly groups: number;
  /** H and W of x, and of y. */
  readonly size: Pair;
  readonly outSize: Pair;
}

/** Throws ShapeError unless the shapes fit each other and `groups`. */
export function convolution(op: string, x: Shape, weight: Shape, params: ConvolutionParams): Convolution {
  const { groups } = params;
  if (weight.length !== 4) {
    throw new ShapeError(
      `${op}: weight ${formatShape(weight)} is of rank ${weight.length}, not 4`,
      "weight is [filters, channels / groups, height, width]",
    );
  }
  const [batch, channels, ...size] = x;
  const [filters, perGroup, ...kernel] = weight;
  if (perGroup * groups !== channels) {
    throw new ShapeError(
      `${op}: x ${formatShape(x)} does not fit weight ${formatShape(weight)} in ${groups} groups (${channels} ≠ ${perGroup} · ${groups})`,
      "x has as many channels as weight.shape[1] · groups",
    );
  }
  if (filters % groups !== 0) {
    throw new ShapeError(
      `${op}: weight ${formatShape(weight)} does not fall into ${groups} groups (${filters} % ${groups} ≠ 0)`,
      "the filters must be a multiple of groups",
    );
  }
  const kernelPair = pair(op, "kernel", kernel as unknown as Pair, 1);
  const window: Window = { ...params, kernel: kernelPair };
  const outSize = windowsOver(op, size, window);
  return { ...window, groups, batch, channels, filters, size: size as unknown as Pair, outSize };
}

/** Sizes that the kernels of a convolution read, channels and filters by group: all as uniforms, so that nets share kernels. */
export function convolutionUniforms(c: Convolution): Record<string, Uniform> {
  const pairs = {
    size: c.size,
    out: c.outSize,
    kernel: c.kernel,
    stride: c.stride,
    padding: c.padding,
    dilation: c.dilation,
  };
  const scalars = { images: c.batch, groups: c.groups, channels: c.channels / c.groups, filters: c.filters / c.groups };
  return {
    ...Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, u32(value)])),
    ...Object.fromEntries(
      Object.entries(pairs).flatMap(([name, [h, w]]) => [
        [`${name}_h`, u32(h)],
        [`${name}_w`, u32(w)],
      ]),
    ),
  };
}

/** Whether a convolution is a product of the weight with each image as it lies, and rows of pixels fall into fours. */
export function isPointwise({ kernel, stride, padding, groups, size }: Convolution): boolean {
  const alone = [...kernel, ...stride].every((n) => n === 1) && padding.every((n) => n === 0) && groups === 1;
  return alone && (size[0] * size[1]) % 4 === 0;
}

/** Whether every channel has a filter of its own. */
export function isDepthwise({ channels, filters, groups }: Convolution): boolean {
  return groups > 1 && channels === groups && filters === groups;
}

/** Calls `visit` with the places in x, weight and y of every product y[…] += x[…] · weight[…], for the references. */
export function eachTerm(c: Convolution, visit: (x: number, weight: number, y: number) => void): void {
  const { batch, channels, filters, groups, kernel, stride, padding, dilation, size, outSize } = c;
  const [inGroup, outGroup] = [channels / groups, filters / groups];
  let y = 0;
  for (let b = 0; b < batch; b++)
    for (let o = 0; o < filters; o++)
      for (let oy = 0; oy < outSize[0]; oy++)
        for (let ox = 0; ox < outSize[1]; ox++, y++) {
          let w = o * inGroup * kernel[0] * kernel[1];
          const plane = b * channels + Math.floor(o / outGroup) * inGroup;
          for (let i = 0; i < inGroup; i++)
            for (let ky = 0; ky < kernel[0]; ky++)
              for (let kx = 0; kx < kernel[1]; kx++, w++) {
                const iy = oy * stride[0] - padding[0] + ky * dilation[0];
                const ix = ox * stride[1] - padding[1] + kx * dilation[1];
                if (iy < 0 || iy >= size[0] || ix < 0 || ix >= size[1]) continue;
                visit(((plane + i) * size[0] + iy) * size[1] + ix, w, y);
              }
        }
}

/** A weight and options that fit the image `x`. */
export function drawConvolution(x: TensorInfo, choose: Choose) {
  const [, channels, ...size] = x.shape;
  if (!isFloat(x) || x.shape.length !== 4 || channels === 0) return null;
  const groups = choose(2) === 1 ? channels : 1;
  const [padding, stride, dilation] = [choose(2), 1 + choose(2), 1 + choose(2)];
  if (size.some((n) => n + 2 * padding < 1)) return null;
  const kernel = size.map((n) => 1 + choose(Math.min(3, 1 + Math.floor((n + 2 * padding - 1) / dilation))));
  const weight = [groups * (1 + choose(3)), channels / groups, ...kernel];
  return { weight, options: { padding, stride, dilation, groups } };
}

// conv2d: cross-correlation of images with filters, with stride, padding, dilation, groups and bias.
import { DTypeError, ShapeError } from "../tensor/errors.js";
import { type Caps, defineOp, type HostTensor, type Inputs, type TensorInfo } from "../tensor/op.js";
import { formatShape, sizeOf } from "../tensor/shape.js";
import { sumOfProducts } from "./lib/declare/accuracy.js";
import { drawOptional } from "./lib/declare/draw.js";
import { benchImages, of } from "./lib/declare/sample.js";
import { imageShape } from "./lib/pool/window.js";
import {
  CONVOLUTION_OPTIONS,
  type Convolution,
  type ConvolutionOptions,
  type ConvolutionParams,
  convolution,
  convolutionParams,
  convolutionUniforms,
  drawConvolution,
  eachTerm,
  isDepthwise,
  isPointwise,
} from "./lib/product/convolution.js";
import { depthwise, slides } from "./lib/product/depthwise.js";
import { matrixProduct } from "./lib/product/matrix.js";
import { pitchOf, pixelRows } from "./lib/product/pixelRows.js";
import { product } from "./lib/product/product.js";
import type { Product } from "./lib/product/tile.js";
import { input, output, read, u32, write } from "./lib/text/kernel.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * `[B, C, H, W]` by weight `[O, C / groups, kh, kw]` and bias `[O]` to `[B, O, H', W']`, with
     * H' = ⌊(H + 2·padding − dilation·(kh − 1) − 1) / stride⌋ + 1. Throws ShapeError, DTypeError, ConfigError.
     */
    conv2d(weight: Tensor, bias?: Tensor | null, options?: ConvolutionOptions): Tensor;
  }
}

export const conv2d = defineOp({
  name: "conv2d",
  doc: "cross-correlation of images with filters",
  inputs: ["x", "weight", "bias?"],
  options: CONVOLUTION_OPTIONS,
  params: (_, options?: ConvolutionOptions) => convolutionParams("conv2d", options),
  infer(inputs, params) {
    const [x, weight, bias] = inputs as readonly [TensorInfo, TensorInfo, TensorInfo | null];
    imageShape("conv2d", "x", x);
    for (const t of [weight, bias])
      if (t && t.dtype !== "f32") throw new DTypeError(`conv2d: weights are ${t.dtype}`, "cast them to f32");
    const { batch, filters, outSize } = geometry(inputs, params);
    if (bias && (bias.shape.length !== 1 || bias.shape[0] !== filters)) {
      throw new ShapeError(
        `conv2d: bias ${formatShape(bias.shape)} does not fit weight ${formatShape(weight.shape)}`,
        "bias is [filters]",
      );
    }
    return [{ shape: [batch, filters, ...outSize], dtype: "f32" }];
  },
  kernels({ inputs, params, caps }) {
    const c = geometry(inputs, params);
    if (isDepthwise(c) && slides(c)) {
      const operands = { source: input(0), weight: input(1), bias: inputs[2] ? input(2) : null };
      return depthwise({ ...c, ...operands, label: "conv2d", flipped: false });
    }
    return product(isPointwise(c) ? pointwise(c, inputs[2] !== null, caps) : implicit(c, inputs[2] !== null), caps);
  },
  reference: (inputs, params) => [reference(inputs as readonly (HostTensor | null)[], params)],
  saves: ["x", "weight"],
  meetsZeros: ["weight"],
  // y is linear in x, in the weight and in the bias: x̄ is the transposed convolution of G, W̄ the correlation of x
  // with G, and b̄ = Σ G over images and pixels.
  vjp(g, { x, weight }, { params, needs }) {
    return [
      needs.x ? g.conv2dInputGrad(weight, x.shape.slice(2), params) : null,
      needs.weight ? x.conv2dWeightGrad(g, weight.shape.slice(2), params) : null,
      needs.bias ? g.sum([0, 2, 3]) : null,
    ];
  },
  tolerance: (inputs, params) => sumOfProducts(termsOf(geometry(inputs, params)) + 1),
  draw(x, choose) {
    const drawn = drawConvolution(x, choose);
    return drawn && { ...of(x, drawn.weight, drawOptional([drawn.weight[0]], choose)), args: [drawn.options] };
  },
  samples: [
    of([1, 1, 3, 3], [1, 1, 1, 1], [1]),
    of([2, 3, 5, 7], [4, 3, 1, 1], [4]),
    of([2, 3, 4, 6], [5, 3, 1, 1], [5]),
    { ...of([2, 3, 8, 8], [4, 3, 3, 3], [4]), args: [{ padding: 1 }] },
    { ...of([1, 5, 7, 9], [6, 5, 3, 3], null), args: [{ stride: 2, padding: 1 }] },
    { ...of([1, 3, 8, 9], [4, 3, 3, 5], [4]), args: [{ stride: [2, 1], padding: [1, 2] }] },
    { ...of([1, 2, 11, 10], [3, 2, 3, 3], null), args: [{ stride: 2, padding: 3, dilation: [3, 2] }] },
    { ...of([2, 4, 7, 7], [6, 2, 3, 3], [6]), args: [{ padding: 1, groups: 2 }] },
    { ...of([1, 6, 9, 8], [12, 1, 3, 3], [12]), args: [{ stride: 2, padding: 1, groups: 6 }] },
    { ...of([2, 4, 6, 6], [4, 1, 3, 3], [4]), args: [{ padding: 1, groups: 4 }] },
    { ...of([1, 2, 40, 9], [2, 1, 7, 5], [2]), args: [{ padding: [3, 2], groups: 2 }] },
    { ...of([1, 3, 35, 6], [3, 1, 2, 3], null), args: [{ stride: [3, 2], padding: 1, groups: 3 }] },
    { ...of([1, 3, 18, 17], [5, 3, 4, 4], [5]), args: [{ stride: 4 }] },
    { ...of([1, 2, 6, 6], [3, 2, 2, 2], [3]), args: [{ stride: 3 }] },
    { ...of([1, 16, 8, 8], [20, 16, 3, 3], null), args: [{ padding: 1 }] },
    of([0, 2, 5, 5], [3, 2, 3, 3], [3]),
    { ...of([1, 2, 0, 5], [3, 2, 2, 2], null), args: [{ padding: 1 }] },
    { ...of([1, 3, 7, 6], [3, 1, 3, 3], [3]), args: [{ padding: 1, dilation: [2, 1], groups: 3 }] },
    { ...of([1, 3, 7, 6], [3, 1, 3, 3], [3]), args: [{ padding: 1, dilation: [1, 2], groups: 3 }] },
    // windows too far apart to slide over
    { ...of([1, 2, 5, 70], [2, 1, 3, 3], [2]), args: [{ stride: [1, 32], groups: 2 }] },
    { ...of([1, 2, 3, 3], [2, 1, 3, 3], null), args: [{ stride: 2 ** 31 - 1, groups: 2 }] },
  ],
  errors: [
    { ...of([2, 3, 8, 8], [4, 3, 3, 3], null), args: [{ dilation: 0 }], throws: "ConfigError" },
    { ...of([2, 3, 8, 8], [4, 3, 0, 3], null), throws: "ConfigError" },
    { ...of([2, 3, 8, 8], [4, 3, 3, 3], { shape: [4], dtype: "i32" }), throws: "DTypeError" },
    { ...of([2, 3, 8, 8], { shape: [4, 3, 3, 3], dtype: "i32" }, null), throws: "DTypeError" },
    { ...of([2, 3, 8, 8], [4, 2, 3, 3], null), throws: "ShapeError" },
    { ...of([2, 3, 8], [4, 3, 3, 3], null), throws: "ShapeError" },
    { ...of([2, 3, 8, 8], [4, 3, 3], null), throws: "ShapeError" },
    { ...of([2, 3, 2, 8], [4, 3, 3, 3], null), throws: "ShapeError" },
    { ...of([2, 4, 8, 8], [3, 2, 3, 3], null), args: [{ groups: 2 }], throws: "ShapeError" },
    { ...of([2, 3, 8, 8], [4, 3, 3, 3], [3]), throws: "ShapeError" },
    { ...of([2, 3, 8, 8], [4, 3, 3, 3], null), args: [{ stride: 0 }], throws: "ConfigError" },
    { ...of([2, 3, 8, 8], [4, 3, 3, 3], null), args: [{ groups: 0 }], throws: "ConfigError" },
    { ...of({ shape: [2, 3, 8, 8], dtype: "i32" }, [4, 3, 3, 3], null), throws: "DTypeError" },
  ],
  bench(size) {
    const [b, c, h, w] = benchImages(size);
    return { ...of([b, c, h, w], [c, c, 3, 3], null), args: [{ padding: 1 }] };
  },
  cost(inputs, params) {
    const c = geometry(inputs, params);
    return { flops: 2 * c.batch * c.filters * c.outSize[0] * c.outSize[1] * termsOf(c) };
  },
});

function geometry([x, weight]: Inputs<TensorInfo>, params: ConvolutionParams): Convolution {
  return convolution("conv2d", (x as TensorInfo).shape, (weight as TensorInfo).shape, params);
}

/** Products in each element of y. */
const termsOf = (c: Convolution) => (c.channels / c.groups) * c.kernel[0] * c.kernel[1];

const ABOUT = "y[filter, (image, pixel)] = Σ weight[filter, k] · x[k, (image, pixel)], k = (channel, ky, kx)";

/** A kernel of one pixel: the weight times each image. */
function pointwise({ batch, channels, filters, size }: Convolution, bias: boolean, caps: Caps): Product {
  return matrixProduct(
    {
      label: "conv2d",
      about: ABOUT,
      a: { operand: input(1), batch: [], transposed: false },
      b: { operand: input(0), batch: [batch], transposed: false },
      out: output(0),
      batch: [batch],
      m: filters,
      n: sizeOf(size),
      k: channels,
      ...(bias && { bias: { operand: input(2), along: "columns" } }),
    },
    caps,
  );
}

/** The weight times the matrix of all windows, which is read from x where it lies; padding reads as zero. */
function implicit(c: Convolution, bias: boolean): Product {
  const wide = c.outSize[1] % 4 === 0;
  const { operand, unrolled } = pixelRows({
    array: "x",
    width: "size_w",
    loops: ["channel", "ky", "kx"],
    taps: c.kernel[1],
    columnStep: c.stride[1],
    tapStep: c.dilation[1],
  });
  return {
    label: "conv2d",
    about: ABOUT,
    batches: c.groups,
    m: c.filters / c.groups,
    n: c.batch * c.outSize[0] * pitchOf(c.outSize[1]),
    sum: [
      { index: "channel", extent: "channels", count: c.channels / c.groups },
      { index: "ky", extent: "kernel_h", count: c.kernel[0] },
      { index: "kx", extent: "kernel_w", count: c.kernel[1] },
    ],
    alongK: { a: true, b: false },
    uniforms: { ...convolutionUniforms(c), pitch: u32(pitchOf(c.outSize[1])) },
    reads: { x: read("f32", input(0)), weight: read("f32", input(1)) },
    operands: `${OPERANDS}\n${operand}`,
    ...(unrolled && { unrolled }),
    writes: { y: write(wide ? "vec4f" : "f32", output(0)), ...(bias && { bias: read("f32", input(2)) }) },
    store: `${bias ? BIAS : NO_BIAS}\n${wide ? STORE_WIDE : STORE}`,
  };
}

const OPERANDS = `alias ACursor = u32; // of weight[filter, 0, 0, 0]
fn a_cursor(group: u32, row: u32) -> ACursor {
  return (group * u.filters + row) * u.channels * u.kernel_h * u.kernel_w;
}
fn a_at(cursor: ACursor, channel: u32, ky: u32, kx: u32) -> f32 {
  return weight[cursor + (channel * u.kernel_h + ky) * u.kernel_w + kx];
}

struct BCursor { row: u32, col: u32, at: u32 } // corner of the first of four windows: in the image, and in x
fn b_cursor(group: u32, col: u32) -> BCursor {
  let c = min(col, u.n - 4u);
  let row = c / u.pitch % u.out_h * u.stride_h - u.padding_h; // in the padding: wraps to large numbers
  let column = c % u.pitch * u.stride_w - u.padding_w;
  let channel = (c / (u.pitch * u.out_h) * u.groups + group) * u.channels;
  return BCursor(row, column, (channel * u.size_h + row) * u.size_w + column);
}
fn b_row(cursor: BCursor, channel: u32, ky: u32) -> BRow {
  let down = ky * u.dilation_h;
  return BRow(cursor.at + (channel * u.size_h + down) * u.size_w, cursor.col, cursor.row + down < u.size_h);
}`;

const C_CURSOR = `struct CCursor { at: u32, filter_index: u32, left: u32 } // y[image, first filter, oy, ox], and columns left
fn c_cursor(group: u32, col: u32) -> CCursor {
  let filter_index = (col / (u.pitch * u.out_h) * u.groups + group) * u.filters;
  let at = (filter_index * u.out_h + col / u.pitch % u.out_h) * u.out_w + col % u.pitch;
  return CCursor(at, group * u.filters, select(0u, u.out_w - col % u.pitch, col < u.n));
}`;

const STORE_WIDE = `${C_CURSOR}
fn put4(cursor: CCursor, row: u32, v: vec4f) {
  if (cursor.left > 0u) { y[(cursor.at + row * u.out_h * u.out_w) / 4u] = finish(cursor.filter_index + row, v); }
}`;

const STORE = `${C_CURSOR}
fn put4(cursor: CCursor, row: u32, v: vec4f) {
  let at = cursor.at + row * u.out_h * u.out_w;
  let w = finish(cursor.filter_index + row, v);
  for (var j = 0u; j < min(4u, cursor.left); j++) { y[at + j] = w[j]; }
}`;

const NO_BIAS = "fn finish(row: u32, v: vec4f) -> vec4f { return v; }";
const BIAS = "fn finish(row: u32, v: vec4f) -> vec4f { return v + bias[row]; }";

function reference([x, weight, bias]: readonly (HostTensor | null)[], params: ConvolutionParams): Float64Array {
  const c = geometry([x, weight], params);
  const [xs, ws] = [(x as HostTensor).data, (weight as HostTensor).data];
  const y = new Float64Array(c.batch * c.filters * c.outSize[0] * c.outSize[1]);
  for (let i = 0; i < y.length; i++) y[i] = bias?.data[Math.floor(i / (c.outSize[0] * c.outSize[1])) % c.filters] ?? 0;
  eachTerm(c, (xAt, wAt, yAt) => {
    y[yAt] += xs[xAt] * ws[wAt];
  });
  return y;
}

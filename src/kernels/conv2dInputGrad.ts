// conv2dInputGrad: the gradient of conv2d for its input, which is the transposed convolution of gy.
import { ShapeError } from "../tensor/errors.js";
import { type Caps, defineOp, type HostTensor, type Inputs, type Plan, type TensorInfo } from "../tensor/op.js";
import { formatShape, type Shape, sameShape, sizeOf } from "../tensor/shape.js";
import { sumOfProducts } from "./lib/declare/accuracy.js";
import { isFloat } from "./lib/declare/draw.js";
import { benchImages, of } from "./lib/declare/sample.js";
import { imageShape, type Pair, pair, type Size2d } from "./lib/pool/window.js";
import {
  CONVOLUTION_OPTIONS,
  type Convolution,
  type ConvolutionOptions,
  type ConvolutionParams,
  convolution,
  convolutionParams,
  convolutionUniforms,
  eachTerm,
  isDepthwise,
  isPointwise,
} from "./lib/product/convolution.js";
import { depthwise, slides } from "./lib/product/depthwise.js";
import { gathered } from "./lib/product/gathered.js";
import { matrixProduct } from "./lib/product/matrix.js";
import { type Phase, phaseCount, phases } from "./lib/product/phases.js";
import { pitchOf, pixelRows } from "./lib/product/pixelRows.js";
import { inTurn, product } from "./lib/product/product.js";
import type { Product } from "./lib/product/tile.js";
import { input, offset, output, read, u32, write } from "./lib/text/kernel.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * Gradient for x `[B, C, size]` of `x.conv2d(weight, null, options)`, of whose result `this` is the gradient.
     * Throws ShapeError, DTypeError, ConfigError.
     * @internal
     */
    conv2dInputGrad(weight: Tensor, size: Size2d | Shape, options?: ConvolutionOptions): Tensor;
  }
}

interface Params extends ConvolutionParams {
  /** H and W of the convolution's input. */
  readonly size: Pair;
}

export const conv2dInputGrad = defineOp({
  name: "conv2dInputGrad",
  doc: "gradient of conv2d for its input: the transposed convolution",
  inputs: ["gy", "weight"],
  options: CONVOLUTION_OPTIONS,
  params: (_, size: Size2d | Shape, options?: ConvolutionOptions): Params => ({
    ...convolutionParams("conv2dInputGrad", options),
    size: pair("conv2dInputGrad", "size", size as Size2d, 0),
  }),
  infer(inputs, params) {
    imageShape("conv2dInputGrad", "gy", inputs[0] as TensorInfo);
    imageShape("conv2dInputGrad", "weight", inputs[1] as TensorInfo);
    const { batch, channels, size } = geometry(inputs, params);
    return [{ shape: [batch, channels, ...size], dtype: "f32" }];
  },
  kernels({ inputs, params, caps }) {
    const c = geometry(inputs, params);
    if (isPointwise(c)) return product(pointwise(c, caps), caps);
    if (isDepthwise(c) && slides(c) && isUnit(c.stride)) return turned(c);
    if (phaseCount(c) > MOST_PHASES) return { dispatches: [gathered("conv2dInputGrad", c)] };
    return inTurn(phases(c).map((phase) => product(transposed(c, phase), caps)));
  },
  reference(inputs, params) {
    const c = geometry(inputs, params);
    const [gy, weight] = inputs.map((t) => (t as HostTensor).data);
    const gx = new Float64Array(c.batch * c.channels * sizeOf(c.size));
    eachTerm(c, (xAt, wAt, yAt) => {
      gx[xAt] += gy[yAt] * weight[wAt];
    });
    return [gx];
  },
  saves: ["gy", "weight"],
  meetsZeros: ["weight"],
  // Linear in gy and in the weight: its transpose in gy is the convolution itself.
  vjp(g, { gy, weight }, { params: { size, ...options }, needs }) {
    return [
      needs.gy ? g.conv2d(weight, null, options) : null,
      needs.weight ? g.conv2dWeightGrad(gy, weight.shape.slice(2), options) : null,
    ];
  },
  tolerance: (inputs, params) => sumOfProducts(termsOf(geometry(inputs, params))),
  draw(gy, choose) {
    const [, filters, ...out] = gy.shape;
    if (!isFloat(gy) || gy.shape.length !== 4 || filters === 0) return null;
    const groups = choose(2) === 1 ? filters : 1;
    const [padding, stride, dilation] = [choose(2), 1 + choose(2), 1 + choose(2)];
    const kernel = [1 + choose(3), 1 + choose(3)];
    const size = out.map((n, d) => (n - 1) * stride + (kernel[d] - 1) * dilation + 1 - 2 * padding);
    const options = { padding, stride, dilation, groups };
    if (size.some((n, d) => n < 1 || out[d] === 0)) return null;
    return { ...of(gy, [filters, 1 + choose(3), ...kernel]), args: [size, options] };
  },
  samples: [
    { ...of([1, 1, 3, 3], [1, 1, 1, 1]), args: [3] },
    { ...of([2, 4, 8, 8], [4, 3, 3, 3]), args: [8, { padding: 1 }] },
    { ...of([1, 6, 4, 5], [6, 5, 3, 3]), args: [[7, 9], { stride: 2, padding: 1 }] },
    { ...of([1, 4, 4, 9], [4, 3, 3, 5]), args: [[8, 9], { stride: [2, 1], padding: [1, 2] }] },
    { ...of([1, 3, 6, 6], [3, 2, 3, 3]), args: [[11, 10], { stride: 2, padding: 3, dilation: [3, 2] }] },
    { ...of([2, 6, 7, 7], [6, 2, 3, 3]), args: [7, { padding: 1, groups: 2 }] },
    { ...of([1, 12, 5, 4], [12, 1, 3, 3]), args: [[9, 8], { stride: 2, padding: 1, groups: 6 }] },
    { ...of([2, 4, 6, 6], [4, 1, 3, 3]), args: [6, { padding: 1, groups: 4 }] },
    { ...of([2, 5, 4, 6], [5, 3, 1, 1]), args: [[4, 6]] },
    { ...of([1, 2, 40, 9], [2, 1, 7, 5]), args: [[40, 9], { padding: [3, 2], groups: 2 }] },
    { ...of([1, 2, 9, 9], [2, 1, 3, 3]), args: [5, { padding: 3, groups: 2 }] },
    { ...of([1, 5, 4, 4], [5, 3, 4, 4]), args: [[18, 17], { stride: 4 }] },
    { ...of([1, 3, 2, 2], [3, 2, 2, 2]), args: [6, { stride: 3 }] },
    { ...of([1, 20, 8, 8], [20, 16, 3, 3]), args: [8, { padding: 1 }] },
    { ...of([1, 3, 1, 6], [3, 2, 2, 2]), args: [[0, 5], { padding: 1 }] },
    { ...of([1, 2, 7, 4], [2, 2, 3, 3]), args: [[7, 6], { padding: 1, dilation: [1, 2], groups: 2 }] },
    { ...of([1, 3, 5, 6], [3, 1, 3, 3]), args: [[7, 6], { padding: 1, dilation: [2, 1], groups: 3 }] },
    { ...of([1, 3, 7, 4], [3, 1, 3, 3]), args: [[7, 6], { padding: 1, dilation: [1, 2], groups: 3 }] },
    // no window begins at the first pixels: they lie before the second tap of the first
    { ...of([1, 2, 3, 3], [2, 2, 2, 2]), args: [8, { stride: 2, dilation: 3 }] },
    // more phases than launches are worth
    {
      ...of([1, 2, 2, 1], [2, 1, 3, 5]),
      args: [[40, 33], { stride: [33, 32], padding: 1, dilation: [2, 1], groups: 2 }],
    },
  ],
  errors: [
    { ...of({ shape: [2, 4, 6, 6], dtype: "i32" }, [4, 3, 3, 3]), args: [8], throws: "DTypeError" },
    { ...of([2, 4, 6, 6], [4, 3, 3, 3]), args: [9], throws: "ShapeError" },
    { ...of([2, 5, 6, 6], [4, 3, 3, 3]), args: [8], throws: "ShapeError" },
    { ...of([2, 4, 6], [4, 3, 3, 3]), args: [8], throws: "ShapeError" },
    { ...of([2, 4, 6, 6], [4, 3, 3, 3]), args: [8, { groups: 3 }], throws: "ShapeError" },
    { ...of([2, 4, 6, 6], [4, 3, 3, 3]), args: [-1], throws: "ConfigError" },
    { ...of([2, 4, 6, 6], { shape: [4, 3, 3, 3], dtype: "i32" }), args: [8], throws: "DTypeError" },
  ],
  bench(size) {
    const [b, c, h, w] = benchImages(size);
    return { ...of([b, c, h, w], [c, c, 3, 3]), args: [[h, w], { padding: 1 }] };
  },
  cost(inputs, params) {
    const c = geometry(inputs, params);
    return { flops: 2 * c.batch * c.filters * sizeOf(c.outSize) * (c.channels / c.groups) * sizeOf(c.kernel) };
  },
});

function geometry([gy, weight]: Inputs<TensorInfo>, params: Params): Convolution {
  const [y, w] = [(gy as TensorInfo).shape, (weight as TensorInfo).shape];
  const c = convolution("conv2dInputGrad", [y[0], w[1] * params.groups, ...params.size], w, params);
  const want = [c.batch, c.filters, ...c.outSize];
  if (!sameShape(y, want)) {
    throw new ShapeError(
      `conv2dInputGrad: gy ${formatShape(y)} is not what weight ${formatShape(w)} makes of size ${formatShape(params.size)}: ${formatShape(want)}`,
      "pass the options of the convolution, and the size of its input",
    );
  }
  return c;
}

/** At most so many products in each element: a tap of a filter reaches a pixel once. */
const termsOf = (c: Convolution) => (c.filters / c.groups) * sizeOf(c.kernel);

const ABOUT = "gx[channel, (image, pixel)] = Σ weight[k, channel] · gy[k, (image, pixel)], k = (filter, ty, tx)";

/** A kernel of one pixel: the weight, transposed, times each image's gradient. */
function pointwise({ batch, channels, filters, size }: Convolution, caps: Caps): Product {
  return matrixProduct(
    {
      label: "conv2dInputGrad",
      about: ABOUT,
      a: { operand: input(1), batch: [], transposed: true },
      b: { operand: input(0), batch: [batch], transposed: false },
      out: output(0),
      batch: [batch],
      m: channels,
      n: sizeOf(size),
      k: filters,
    },
    caps,
  );
}

/** Launches that a gradient is worth: those of patches of 32 × 32. */
const MOST_PHASES = 1024;

const isUnit = ([h, w]: Pair) => h === 1 && w === 1;

/** With stride 1: gy, padded by the rest of the kernel, convolved with the kernel turned by half a turn. */
function turned(c: Convolution): Plan {
  return depthwise({
    ...c,
    label: "conv2dInputGrad",
    source: input(0),
    weight: input(1),
    bias: null,
    size: c.outSize,
    outSize: c.size,
    padding: [c.kernel[0] - 1 - c.padding[0], c.kernel[1] - 1 - c.padding[1]],
    flipped: true,
  });
}

/** The weight, transposed, times the matrix of gy that reaches each pixel of a phase, read where it lies. */
function transposed(c: Convolution, phase: readonly [Phase, Phase]): Product {
  const uniforms = convolutionUniforms(c);
  for (const [d, { first, pixels, tap, tapStep, window, windowStep }] of phase.entries()) {
    const values = { first, pixels, tap, tap_step: tapStep, window, window_step: windowStep };
    for (const [name, value] of Object.entries(values)) uniforms[`${name}_${"hw"[d]}`] = offset(value);
  }
  const [h, w] = phase;
  const { operand, unrolled } = pixelRows({
    array: "gy",
    width: "out_w",
    loops: ["filter_index", "ty", "tx"],
    taps: w.taps,
    columnStep: 1,
    tapStep: -w.windowStep,
  });
  uniforms.pitch = u32(pitchOf(w.pixels));
  return {
    label: "conv2dInputGrad",
    about: ABOUT,
    batches: c.groups,
    m: c.channels / c.groups,
    n: c.batch * h.pixels * pitchOf(w.pixels),
    sum: [
      { index: "filter_index", extent: "filters", count: c.filters / c.groups },
      { index: "ty", extent: "taps_h", count: h.taps },
      { index: "tx", extent: "taps_w", count: w.taps },
    ],
    alongK: { a: false, b: false },
    uniforms,
    reads: { gy: read("f32", input(0)), weight: read("f32", input(1)) },
    operands: `${OPERANDS}\n${operand}`,
    ...(unrolled && { unrolled }),
    writes: { gx: write("f32", output(0)) },
    store: STORE,
  };
}

const OPERANDS = `alias ACursor = u32; // of weight[first filter of the group, channel, first tap]
fn a_cursor(group: u32, row: u32) -> ACursor {
  return ((group * u.filters * u.channels + row) * u.kernel_h + u.tap_h) * u.kernel_w + u.tap_w;
}
fn a_at(cursor: ACursor, filter_index: u32, ty: u32, tx: u32) -> f32 {
  let row = filter_index * u.channels * u.kernel_h + ty * u.tap_step_h;
  return weight[cursor + row * u.kernel_w + tx * u.tap_step_w];
}

struct BCursor { row: u32, col: u32, at: u32 } // the first of four windows: in the image, and in gy
fn b_cursor(group: u32, col: u32) -> BCursor {
  let c = min(col, u.n - 4u);
  let row = c / u.pitch % u.pixels_h + u.window_h;
  let column = c % u.pitch + u.window_w;
  let filter_index = (c / (u.pitch * u.pixels_h) * u.groups + group) * u.filters;
  return BCursor(row, column, (filter_index * u.out_h + row) * u.out_w + column);
}
fn b_row(cursor: BCursor, filter_index: u32, ty: u32) -> BRow {
  let up = ty * u.window_step_h;
  // Windows above the first wrap to large numbers.
  return BRow(cursor.at + (filter_index * u.out_h - up) * u.out_w, cursor.col, cursor.row - up < u.out_h);
}`;

const STORE = `struct CCursor { at: u32, left: u32 } // gx[image, first channel, y, x], and columns left of the phase
fn c_cursor(group: u32, col: u32) -> CCursor {
  let channel = (col / (u.pitch * u.pixels_h) * u.groups + group) * u.channels;
  let y = col / u.pitch % u.pixels_h * u.stride_h + u.first_h;
  let x = col % u.pitch * u.stride_w + u.first_w;
  return CCursor((channel * u.size_h + y) * u.size_w + x, select(0u, u.pixels_w - col % u.pitch, col < u.n));
}
fn put4(cursor: CCursor, row: u32, v: vec4f) {
  let at = cursor.at + row * u.size_h * u.size_w;
  for (var j = 0u; j < min(4u, cursor.left); j++) { gx[at + j * u.stride_w] = v[j]; }
}`;

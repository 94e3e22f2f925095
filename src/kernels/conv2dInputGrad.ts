// conv2dInputGrad: the gradient of conv2d for its input, which is the transposed convolution of gy.
import { ShapeError } from "../tensor/errors.js";
import { defineOp, type HostTensor, type Inputs, type TensorInfo } from "../tensor/op.js";
import { formatShape, type Shape, sameShape, sizeOf } from "../tensor/shape.js";
import { sumOfProducts } from "./lib/accuracy.js";
import {
  type Convolution,
  type ConvolutionOptions,
  type ConvolutionParams,
  convolution,
  convolutionParams,
  eachTerm,
  sizeUniforms,
} from "./lib/convolution.js";
import { input, output, read, write } from "./lib/kernel.js";
import { product } from "./lib/product.js";
import { of } from "./lib/sample.js";
import { imageShape, type Pair, pair, type Size2d, windowConstants } from "./lib/window.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * Gradient for x `[B, C, size]` of `x.conv2d(weight, null, options)`, of whose result `this` is the gradient.
     * Throws ShapeError, DTypeError, ConfigError.
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
    const p = {
      label: "conv2dInputGrad",
      about: "gx[image, channel, pixel] = Σ weight[filter, channel, tap] · gy[image, filter, …], k = (filter, tap)",
      batches: c.batch * c.groups,
      m: c.channels / c.groups,
      n: sizeOf(c.size),
      k: (c.filters / c.groups) * sizeOf(c.kernel),
      step: 1 as const,
      uniforms: sizeUniforms(c),
      bindings: {
        gy: read("f32", input(0)),
        weight: read("f32", input(1)),
        gx: write("f32", output(0)),
      },
      functions: `${windowConstants(c)}\n${FUNCTIONS}`,
    };
    return { dispatches: [product(p, caps)] };
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
  // Linear in gy and in the weight: its transpose in gy is the convolution itself.
  vjp(g, { gy, weight }, { params, needs }) {
    return [
      needs.gy ? g.conv2d(weight, null, params) : null,
      needs.weight ? g.conv2dWeightGrad(gy, weight.shape.slice(2), params) : null,
    ];
  },
  tolerance: (inputs, params) => sumOfProducts(termsOf(geometry(inputs, params))),
  samples: [
    { ...of([1, 1, 3, 3], [1, 1, 1, 1]), args: [3] },
    { ...of([2, 4, 8, 8], [4, 3, 3, 3]), args: [8, { padding: 1 }] },
    { ...of([1, 6, 4, 5], [6, 5, 3, 3]), args: [[7, 9], { stride: 2, padding: 1 }] },
    { ...of([1, 4, 4, 9], [4, 3, 3, 5]), args: [[8, 9], { stride: [2, 1], padding: [1, 2] }] },
    { ...of([1, 3, 6, 6], [3, 2, 3, 3]), args: [[11, 10], { stride: 2, padding: 3, dilation: [3, 2] }] },
    { ...of([2, 6, 7, 7], [6, 2, 3, 3]), args: [7, { padding: 1, groups: 2 }] },
    { ...of([1, 12, 5, 4], [12, 1, 3, 3]), args: [[9, 8], { stride: 2, padding: 1, groups: 6 }] },
    { ...of([2, 4, 6, 6], [4, 1, 3, 3]), args: [6, { padding: 1, groups: 4 }] },
    { ...of([1, 5, 4, 4], [5, 3, 4, 4]), args: [[18, 17], { stride: 4 }] },
    { ...of([1, 3, 2, 2], [3, 2, 2, 2]), args: [6, { stride: 3 }] },
    { ...of([1, 20, 8, 8], [20, 16, 3, 3]), args: [8, { padding: 1 }] },
  ],
  errors: [
    { ...of([2, 4, 6, 6], [4, 3, 3, 3]), args: [9], throws: "ShapeError" },
    { ...of([2, 5, 6, 6], [4, 3, 3, 3]), args: [8], throws: "ShapeError" },
    { ...of([2, 4, 6], [4, 3, 3, 3]), args: [8], throws: "ShapeError" },
    { ...of([2, 4, 6, 6], [4, 3, 3, 3]), args: [8, { groups: 3 }], throws: "ShapeError" },
    { ...of([2, 4, 6, 6], [4, 3, 3, 3]), args: [-1], throws: "ConfigError" },
    { ...of([2, 4, 6, 6], { shape: [4, 3, 3, 3], dtype: "i32" }), args: [8], throws: "DTypeError" },
  ],
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

const FUNCTIONS = `alias ACursor = u32; // of weight[first filter of the group, channel]
fn a_cursor(batch: u32, row: u32) -> ACursor {
  return (batch % u.groups * u.filters * u.channels + row) * (KH * KW);
}
fn a_at(cursor: ACursor, k: u32) -> f32 {
  let filter_number = k / (KH * KW);
  return weight[cursor + (filter_number * u.channels * KH * KW + k % (KH * KW))];
}

struct BCursor { plane: u32, row: vec4u, col: vec4u } // first plane of the group; four padded pixels
fn b_cursor(batch: u32, col: u32) -> BCursor {
  let pixel = min(col + vec4u(0u, 1u, 2u, 3u), vec4u(u.n - 1u));
  return BCursor(batch * u.filters, pixel / u.w + PH, pixel % u.w + PW);
}
fn b_at(cursor: BCursor, k: u32) -> vec4f {
  let plane = cursor.plane + k / (KH * KW);
  // Taps before the window's start wrap to large numbers, which lie outside.
  let row = cursor.row - k / KW % KH * DH;
  let col = cursor.col - k % KW * DW;
  return vec4f(
    window(plane, row.x, col.x), window(plane, row.y, col.y), window(plane, row.z, col.z), window(plane, row.w, col.w));
}
/// gy of the window that starts at this padded pixel, and 0 where none does
fn window(plane: u32, row: u32, col: u32) -> f32 {
  let at = vec2u(row / SH, col / SW);
  let exists = at.x * SH == row && at.y * SW == col && at.x < u.oh && at.y < u.ow;
  return select(0.0, gy[select(0u, (plane * u.oh + at.x) * u.ow + at.y, exists)], exists);
}
fn put4(batch: u32, row: u32, col: u32, v: vec4f) {
  let at = (batch * u.channels + row) * u.n + col;
  for (var j = 0u; j < 4u; j++) {
    if (col + j < u.n) { gx[at + j] = v[j]; }
  }
}`;

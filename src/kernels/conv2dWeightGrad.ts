// conv2dWeightGrad: the gradient of conv2d for its weight, the correlation of its input with gy.
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
import { input, output, read, u32, write } from "./lib/kernel.js";
import { product } from "./lib/product.js";
import { of } from "./lib/sample.js";
import { imageShape, type Pair, pair, type Size2d, windowConstants } from "./lib/window.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * Gradient for weight `[O, C / groups, kernel]` of `this.conv2d(weight, null, options)`, of whose result `gy` is the
     * gradient. Throws ShapeError, DTypeError, ConfigError.
     */
    conv2dWeightGrad(gy: Tensor, kernel: Size2d | Shape, options?: ConvolutionOptions): Tensor;
  }
}

interface Params extends ConvolutionParams {
  readonly kernel: Pair;
}

export const conv2dWeightGrad = defineOp({
  name: "conv2dWeightGrad",
  doc: "gradient of conv2d for its weight",
  inputs: ["x", "gy"],
  params: (_, kernel: Size2d | Shape, options?: ConvolutionOptions): Params => ({
    ...convolutionParams("conv2dWeightGrad", options),
    kernel: pair("conv2dWeightGrad", "kernel", kernel as Size2d, 1),
  }),
  infer(inputs, params) {
    imageShape("conv2dWeightGrad", "x", inputs[0] as TensorInfo);
    imageShape("conv2dWeightGrad", "gy", inputs[1] as TensorInfo);
    const { filters, channels, groups, kernel } = geometry(inputs, params);
    return [{ shape: [filters, channels / groups, ...kernel], dtype: "f32" }];
  },
  kernels({ inputs, params, caps }) {
    const c = geometry(inputs, params);
    const p = {
      label: "conv2dWeightGrad",
      about: "gw[filter, (channel, tap)] = Σ gy[image, filter, pixel] · x[image, channel, …], k = (image, pixel)",
      batches: c.groups,
      m: c.filters / c.groups,
      n: (c.channels / c.groups) * sizeOf(c.kernel),
      k: c.batch * sizeOf(c.outSize),
      step: 1 as const,
      uniforms: { ...sizeUniforms(c), pixels: u32(sizeOf(c.outSize)) },
      bindings: {
        x: read("f32", input(0)),
        gy: read("f32", input(1)),
        gw: write("f32", output(0)),
      },
      functions: `${windowConstants(c)}\n${FUNCTIONS}`,
    };
    return { dispatches: [product(p, caps)] };
  },
  reference(inputs, params) {
    const c = geometry(inputs, params);
    const [x, gy] = inputs.map((t) => (t as HostTensor).data);
    const gw = new Float64Array(c.filters * (c.channels / c.groups) * sizeOf(c.kernel));
    eachTerm(c, (xAt, wAt, yAt) => {
      gw[wAt] += x[xAt] * gy[yAt];
    });
    return [gw];
  },
  saves: ["x", "gy"],
  // Linear in x and in gy, with conv2d's own forms as transposes.
  vjp(g, { x, gy }, { params, needs }) {
    return [
      needs.x ? gy.conv2dInputGrad(g, x.shape.slice(2), params) : null,
      needs.gy ? x.conv2d(g, null, params) : null,
    ];
  },
  tolerance: (inputs, params) => sumOfProducts(termsOf(geometry(inputs, params))),
  samples: [
    { ...of([1, 1, 3, 3], [1, 1, 3, 3]), args: [1] },
    { ...of([2, 3, 8, 8], [2, 4, 8, 8]), args: [3, { padding: 1 }] },
    { ...of([1, 5, 7, 9], [1, 6, 4, 5]), args: [3, { stride: 2, padding: 1 }] },
    { ...of([1, 3, 8, 9], [1, 4, 4, 9]), args: [[3, 5], { stride: [2, 1], padding: [1, 2] }] },
    { ...of([1, 2, 11, 10], [1, 3, 6, 6]), args: [3, { stride: 2, padding: 3, dilation: [3, 2] }] },
    { ...of([2, 4, 7, 7], [2, 6, 7, 7]), args: [3, { padding: 1, groups: 2 }] },
    { ...of([1, 6, 9, 8], [1, 12, 5, 4]), args: [3, { stride: 2, padding: 1, groups: 6 }] },
    { ...of([2, 4, 6, 6], [2, 4, 6, 6]), args: [3, { padding: 1, groups: 4 }] },
    { ...of([1, 3, 18, 17], [1, 5, 4, 4]), args: [4, { stride: 4 }] },
    { ...of([1, 16, 8, 8], [1, 20, 8, 8]), args: [3, { padding: 1 }] },
    { ...of([0, 2, 5, 5], [0, 3, 3, 3]), args: [3] },
  ],
  errors: [
    { ...of([2, 3, 8, 8], [2, 4, 7, 8]), args: [3, { padding: 1 }], throws: "ShapeError" },
    { ...of([2, 3, 8, 8], [3, 4, 8, 8]), args: [3, { padding: 1 }], throws: "ShapeError" },
    { ...of([2, 3, 8, 8], [2, 4, 8]), args: [3], throws: "ShapeError" },
    { ...of([2, 3, 8, 8], [2, 4, 6, 6]), args: [3, { groups: 2 }], throws: "ShapeError" },
    { ...of([2, 3, 8, 8], [2, 4, 8, 8]), args: [0], throws: "ConfigError" },
    { ...of([2, 3, 8, 8], { shape: [2, 4, 6, 6], dtype: "i32" }), args: [3], throws: "DTypeError" },
  ],
  cost(inputs, params) {
    const c = geometry(inputs, params);
    return { flops: 2 * termsOf(c) * c.filters * (c.channels / c.groups) * sizeOf(c.kernel) };
  },
});

function geometry([x, gy]: Inputs<TensorInfo>, params: Params): Convolution {
  const [from, y] = [(x as TensorInfo).shape, (gy as TensorInfo).shape];
  const { groups, kernel } = params;
  const weight = [y[1], Math.floor(from[1] / groups), ...kernel];
  const c = convolution("conv2dWeightGrad", from, weight, params);
  const want = [c.batch, c.filters, ...c.outSize];
  if (!sameShape(y, want)) {
    throw new ShapeError(
      `conv2dWeightGrad: gy ${formatShape(y)} is not what a kernel ${formatShape(kernel)} makes of x ${formatShape(from)}: ${formatShape(want)}`,
      "pass the options of the convolution",
    );
  }
  return c;
}

/** Products in each element of the gradient. */
const termsOf = (c: Convolution) => c.batch * sizeOf(c.outSize);

const FUNCTIONS = `alias ACursor = u32; // of gy[0, filter, 0]
fn a_cursor(batch: u32, row: u32) -> ACursor { return (batch * u.filters + row) * u.pixels; }
fn a_at(cursor: ACursor, k: u32) -> f32 {
  let image = k / u.pixels;
  return gy[cursor + image * u.groups * u.filters * u.pixels + k % u.pixels];
}

struct BCursor { plane: vec4u, top: vec4i, left: vec4i } // of four (channel, tap): the plane, and where the tap is in it
fn b_cursor(batch: u32, col: u32) -> BCursor {
  let tap = min(col + vec4u(0u, 1u, 2u, 3u), vec4u(u.n - 1u));
  let top = vec4i(tap / KW % KH * DH) - i32(PH);
  let left = vec4i(tap % KW * DW) - i32(PW);
  return BCursor(batch * u.channels + tap / (KH * KW), top, left);
}
fn b_at(cursor: BCursor, k: u32) -> vec4f {
  let plane = cursor.plane + k / u.pixels * u.groups * u.channels;
  let row = cursor.top + i32(k % u.pixels / u.ow * SH);
  let col = cursor.left + i32(k % u.ow * SW);
  return vec4f(
    pixel(plane.x, row.x, col.x), pixel(plane.y, row.y, col.y), pixel(plane.z, row.z, col.z), pixel(plane.w, row.w, col.w));
}
/// x[plane, row, col], and 0 in the padding
fn pixel(plane: u32, row: i32, col: i32) -> f32 {
  let inside = u32(row) < u.h && u32(col) < u.w;
  let at = (plane * u.h + u32(row)) * u.w + u32(col);
  return select(0.0, x[select(0u, at, inside)], inside);
}
fn put4(batch: u32, row: u32, col: u32, v: vec4f) {
  let at = (batch * u.filters + row) * u.n + col;
  for (var j = 0u; j < 4u; j++) {
    if (col + j < u.n) { gw[at + j] = v[j]; }
  }
}`;

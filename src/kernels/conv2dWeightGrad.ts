// conv2dWeightGrad: the gradient of conv2d for its weight, the correlation of its input with gy.
import { ShapeError } from "../tensor/errors.js";
import { defineOp, type HostTensor, type Inputs, type TensorInfo } from "../tensor/op.js";
import { formatShape, type Shape, sameShape, sizeOf } from "../tensor/shape.js";
import { sumOfProducts } from "./lib/declare/accuracy.js";
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
  drawConvolution,
  eachTerm,
} from "./lib/product/convolution.js";
import { product } from "./lib/product/product.js";
import type { Product } from "./lib/product/tile.js";
import { input, output, read, write } from "./lib/text/kernel.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * Gradient for weight `[O, C / groups, kernel]` of `this.conv2d(weight, null, options)`, of whose result `gy` is the
     * gradient. Throws ShapeError, DTypeError, ConfigError.
     * @internal
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
  options: CONVOLUTION_OPTIONS,
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
    const p: Product = {
      label: "conv2dWeightGrad",
      about: "gw[filter, (channel, ky, kx)] = Σ gy[k, filter] · x[k, (channel, ky, kx)], k = (image, oy, ox)",
      batches: c.groups,
      m: c.filters / c.groups,
      n: (c.channels / c.groups) * sizeOf(c.kernel),
      sum: [
        { index: "image", extent: "images", count: c.batch },
        { index: "oy", extent: "out_h", count: c.outSize[0] },
        { index: "ox", extent: "out_w", count: c.outSize[1] },
      ],
      alongK: { a: true, b: true },
      uniforms: convolutionUniforms(c),
      reads: { x: read("f32", input(0)), gy: read("f32", input(1)) },
      operands: OPERANDS,
      writes: { gw: write("f32", output(0)) },
      store: STORE,
    };
    return product(p, caps);
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
  meetsZeros: ["gy"],
  // Linear in x and in gy, with conv2d's own forms as transposes.
  vjp(g, { x, gy }, { params: { kernel, ...options }, needs }) {
    return [
      needs.x ? gy.conv2dInputGrad(g, x.shape.slice(2), options) : null,
      needs.gy ? x.conv2d(g, null, options) : null,
    ];
  },
  tolerance: (inputs, params) => sumOfProducts(termsOf(geometry(inputs, params))),
  draw(x, choose) {
    const drawn = drawConvolution(x, choose);
    if (!drawn) return null;
    const { weight, options } = drawn;
    const [filters, , ...kernel] = weight;
    const { outSize } = convolution(
      "conv2dWeightGrad",
      x.shape,
      weight,
      convolutionParams("conv2dWeightGrad", options),
    );
    return { ...of(x, [x.shape[0], filters, ...outSize]), args: [kernel, options] };
  },
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
    { ...of([1, 4, 7, 6], [1, 2, 7, 4]), args: [3, { padding: 1, dilation: [1, 2], groups: 2 }] },
    { ...of([1, 3, 7, 6], [1, 3, 5, 6]), args: [3, { padding: 1, dilation: [2, 1], groups: 3 }] },
  ],
  errors: [
    { ...of([2, 3, 8, 8], [2, 4, 9, 9]), args: [0], throws: "ConfigError" },
    { ...of({ shape: [2, 3, 8, 8], dtype: "i32" }, [2, 4, 6, 6]), args: [3], throws: "DTypeError" },
    { ...of([2, 3, 8, 8], [2, 4, 7, 8]), args: [3, { padding: 1 }], throws: "ShapeError" },
    { ...of([2, 3, 8, 8], [3, 4, 8, 8]), args: [3, { padding: 1 }], throws: "ShapeError" },
    { ...of([2, 3, 8, 8], [2, 4, 8]), args: [3], throws: "ShapeError" },
    { ...of([2, 3, 8, 8], [2, 4, 6, 6]), args: [3, { groups: 2 }], throws: "ShapeError" },
    { ...of([2, 3, 8, 8], { shape: [2, 4, 6, 6], dtype: "i32" }), args: [3], throws: "DTypeError" },
  ],
  bench: (size) => ({ ...of(benchImages(size), benchImages(size)), args: [3, { padding: 1 }] }),
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

const OPERANDS = `alias ACursor = u32; // of gy[0, filter, 0, 0]
fn a_cursor(group: u32, row: u32) -> ACursor { return (group * u.filters + row) * u.out_h * u.out_w; }
fn a_at(cursor: ACursor, image: u32, oy: u32, ox: u32) -> f32 {
  return gy[cursor + (image * u.groups * u.filters * u.out_h + oy) * u.out_w + ox];
}

struct BCursor { row: vec4u, col: vec4u, at: vec4u } // of four taps at the first window, in their channels and in x
fn b_cursor(group: u32, col: u32) -> BCursor {
  let tap = min(col + vec4u(0u, 1u, 2u, 3u), vec4u(u.n - 1u));
  let channel = group * u.channels + tap / (u.kernel_h * u.kernel_w);
  let row = tap / u.kernel_w % u.kernel_h * u.dilation_h - u.padding_h; // in the padding: wraps to large numbers
  let column = tap % u.kernel_w * u.dilation_w - u.padding_w;
  return BCursor(row, column, (channel * u.size_h + row) * u.size_w + column);
}
fn b_at(cursor: BCursor, image: u32, oy: u32, ox: u32) -> vec4f {
  let down = oy * u.stride_h;
  let right = ox * u.stride_w;
  let inside = (cursor.row + down < vec4u(u.size_h)) & (cursor.col + right < vec4u(u.size_w));
  let moved = (image * u.groups * u.channels * u.size_h + down) * u.size_w + right;
  let i = select(vec4u(), cursor.at + moved, inside);
  return select(vec4f(), vec4f(x[i.x], x[i.y], x[i.z], x[i.w]), inside);
}`;

const STORE = `struct CCursor { at: u32, left: u32 } // of gw[first filter of the group, col], and columns left
fn c_cursor(group: u32, col: u32) -> CCursor {
  return CCursor(group * u.filters * u.n + col, max(u.n, col) - col);
}
fn put4(cursor: CCursor, row: u32, v: vec4f) {
  for (var j = 0u; j < min(4u, cursor.left); j++) { gw[cursor.at + row * u.n + j] = v[j]; }
}`;

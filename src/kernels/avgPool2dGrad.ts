// avgPool2dGrad: the gradient of avgPool2d, gathered by each pixel from the windows that cover it.
import { defineOp } from "../tensor/op.js";
import type { Shape } from "../tensor/shape.js";
import { sizeOf } from "../tensor/shape.js";
import { sumOfProducts } from "./lib/declare/accuracy.js";
import { benchImages, of } from "./lib/declare/sample.js";
import {
  AVG_POOL_OPTIONS,
  type AvgPoolOptions,
  avgPoolWindow,
  drawPool,
  info,
  unpooledShape,
} from "./lib/pool/pool.js";
import { unpoolWindows } from "./lib/pool/poolKernels.js";
import { type Pair, pair, type Size2d, type Window } from "./lib/pool/window.js";
import { input, output, read, u32, write } from "./lib/text/kernel.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * Gradient for x `[B, C, size]` of `x.avgPool2d(kernel, options)`, of which `this` is the gradient.
     * Throws ShapeError, DTypeError, ConfigError.
     * @internal
     */
    avgPool2dGrad(size: Size2d | Shape, kernel: Size2d | Shape, options?: AvgPoolOptions): Tensor;
  }
}

interface Params extends Window {
  readonly size: Pair;
  readonly countIncludePad: boolean;
}

export const avgPool2dGrad = defineOp({
  name: "avgPool2dGrad",
  doc: "gradient of avgPool2d",
  inputs: ["gy"],
  options: AVG_POOL_OPTIONS,
  params: (_, size: Size2d | Shape, kernel: Size2d | Shape, options?: AvgPoolOptions): Params => ({
    ...avgPoolWindow("avgPool2dGrad", kernel, options),
    size: pair("avgPool2dGrad", "size", size as Size2d, 0),
  }),
  infer: (inputs, params) => [
    { shape: unpooledShape("avgPool2dGrad", info(inputs, 0), params.size, params), dtype: "f32" },
  ],
  kernels({ inputs, outputs, params }) {
    const unpooling = {
      label: "avgPool2dGrad",
      window: params,
      uniforms: { count_padding: u32(params.countIncludePad ? 1 : 0) },
      bindings: { gy: read("f32", input(0)), gx: write("f32", output(0)) },
      functions: EXTENT,
      load: `      let pixels = extent(oy, SH, PH, KH, u.h) * extent(ox, SW, PW, KW, u.w);
      let g = select(0.0, gy[at] / select(pixels, f32(KH * KW), u.count_padding == 1u), exists);`,
      give: "select(0.0, g, wy < KH && wx < KW)",
    };
    return { dispatches: [unpoolWindows(unpooling, outputs[0].shape, info(inputs, 0).shape)] };
  },
  reference(inputs, { size: [h, w], kernel, stride, padding, countIncludePad }) {
    const { data: gy, shape } = info(inputs, 0);
    const [b, c, oh, ow] = shape;
    const gx = new Float64Array(b * c * h * w);
    for (let i = 0; i < gy.length; i++) {
      const places: number[] = [];
      for (let ky = 0; ky < kernel[0]; ky++)
        for (let kx = 0; kx < kernel[1]; kx++) {
          const iy = (Math.floor(i / ow) % oh) * stride[0] - padding[0] + ky;
          const ix = (i % ow) * stride[1] - padding[1] + kx;
          if (iy >= 0 && iy < h && ix >= 0 && ix < w) places.push((Math.floor(i / (oh * ow)) * h + iy) * w + ix);
        }
      for (const at of places) gx[at] += gy[i] / (countIncludePad ? kernel[0] * kernel[1] : places.length);
    }
    return [gx];
  },
  // Linear in gy: its transpose is the pooling itself.
  vjp: (g, _, { params: { kernel, stride, padding, countIncludePad } }) => [
    g.avgPool2d(kernel, { stride, padding, countIncludePad }),
  ],
  tolerance: (_, { kernel, stride }) =>
    sumOfProducts(Math.ceil(kernel[0] / stride[0]) * Math.ceil(kernel[1] / stride[1])),
  draw(gy, choose) {
    const pool = drawPool(gy, choose);
    if (!pool) return null;
    const [kernel, options] = pool.args;
    const size = gy.shape.slice(2).map((n, d) => (n - 1) * options.stride + kernel[d] - 2 * options.padding[d]);
    return sizeOf(size) > 0 ? { inputs: [gy], args: [size, kernel, options] } : null;
  },
  samples: [
    { ...of([2, 3, 4, 4]), args: [8, 2] },
    { ...of([1, 2, 5, 4]), args: [[9, 7], 3, { stride: 2, padding: 1 }] },
    { ...of([1, 2, 5, 4]), args: [[9, 7], 3, { stride: 2, padding: 1, countIncludePad: false }] },
    { ...of([1, 3, 3, 5]), args: [[7, 5], [2, 3], { stride: [2, 1], padding: [0, 1] }] },
    { ...of([1, 2, 2, 2]), args: [7, 2, { stride: 4 }] },
    { ...of([0, 3, 2, 2]), args: [4, 2] },
    { ...of([1, 2, 6, 7]), args: [[6, 7], 5, { stride: 1, padding: 2 }] },
    { ...of([1, 1, 3, 3]), args: [[5, 6], 7, { stride: 2, padding: 3, countIncludePad: false }] },
    // a cell of more pixels than a thread keeps
    { ...of([1, 2, 2, 2]), args: [[17, 16], [12, 10], { stride: [9, 8], padding: [2, 1], countIncludePad: false }] },
  ],
  errors: [
    { ...of([1, 2, 1, 3]), args: [[0, 4], 2, { padding: 1 }], throws: "ShapeError" },
    { ...of([1, 2, 2, 2]), args: [6, 2], throws: "ShapeError" },
    { ...of([2, 2, 2]), args: [4, 2], throws: "ShapeError" },
  ],
  bench(size) {
    const [b, c, h, w] = benchImages(size);
    return { ...of([b, c, h / 2, w / 2]), args: [[h, w], 2] };
  },
});

const EXTENT = `/// how many pixels of the image the window has in one dimension
fn extent(window: u32, stride: u32, padding: u32, kernel: u32, size: u32) -> f32 {
  let start = i32(window * stride) - i32(padding);
  return f32(min(start + i32(kernel), i32(size)) - max(start, 0));
}`;

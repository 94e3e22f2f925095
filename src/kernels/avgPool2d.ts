// avgPool2d: the mean of each window.
import { defineOp, type TensorInfo } from "../tensor/op.js";
import { type Shape, sizeOf } from "../tensor/shape.js";
import { benchImages, of } from "./lib/declare/sample.js";
import { AVG_POOL_OPTIONS, type AvgPoolOptions, avgPoolWindow, drawPool, info, pooledShape } from "./lib/pool/pool.js";
import { poolWindows } from "./lib/pool/poolKernels.js";
import type { Size2d, Window } from "./lib/pool/window.js";
import { sumError } from "./lib/reduce/reduction.js";
import { input, output, read, u32, write } from "./lib/text/kernel.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** Mean of each window of `[B, C, H, W]`. Throws ShapeError, DTypeError, ConfigError. */
    avgPool2d(kernel: Size2d | Shape, options?: AvgPoolOptions): Tensor;
  }
}

interface Params extends Window {
  readonly countIncludePad: boolean;
}

export const avgPool2d = defineOp({
  name: "avgPool2d",
  doc: "mean of each window",
  inputs: ["x"],
  options: AVG_POOL_OPTIONS,
  params: (_, kernel: Size2d | Shape, options?: AvgPoolOptions): Params => avgPoolWindow("avgPool2d", kernel, options),
  infer: (inputs, params) => [{ shape: pooledShape("avgPool2d", "x", info(inputs, 0), params), dtype: "f32" }],
  kernels({ inputs, outputs, params }) {
    const pooling = {
      label: "avgPool2d",
      window: params,
      uniforms: { count_padding: u32(params.countIncludePad ? 1 : 0) },
      bindings: { x: read("f32", input(0)), y: write("f32", output(0)) },
      ...MEAN,
    };
    return { dispatches: [poolWindows(pooling, info(inputs, 0).shape, outputs[0].shape)] };
  },
  reference(inputs, params) {
    const { kernel, stride, padding, countIncludePad } = params;
    const { data: x, shape } = info(inputs, 0);
    const [, , h, w] = shape;
    const [b, c, oh, ow] = pooledShape("avgPool2d", "x", info(inputs, 0), params);
    const y = new Float64Array(b * c * oh * ow);
    for (let i = 0; i < y.length; i++) {
      let pixels = 0;
      for (let ky = 0; ky < kernel[0]; ky++)
        for (let kx = 0; kx < kernel[1]; kx++) {
          const iy = (Math.floor(i / ow) % oh) * stride[0] - padding[0] + ky;
          const ix = (i % ow) * stride[1] - padding[1] + kx;
          if (iy < 0 || iy >= h || ix < 0 || ix >= w) continue;
          y[i] += x[(Math.floor(i / (oh * ow)) * h + iy) * w + ix];
          pixels++;
        }
      y[i] /= countIncludePad ? kernel[0] * kernel[1] : pixels;
    }
    return [y];
  },
  // Each window spreads its gradient evenly.
  vjp: (g, _, { params: { kernel, stride, padding, countIncludePad }, shapes }) => [
    g.avgPool2dGrad(shapes.x.slice(2), kernel, { stride, padding, countIncludePad }),
  ],
  tolerance: () => ({ ulp: 4, abs: sumError(1) }), // of a mean, as long as its window may be; the division is within 2.5 ULP
  draw: drawPool,
  samples: [
    { ...of([2, 3, 8, 8]), args: [2] },
    { ...of([1, 2, 4, 5]), args: [2, { stride: 100 }] },
    { ...of([1, 2, 9, 7]), args: [3, { stride: 2, padding: 1 }] },
    { ...of([1, 2, 9, 7]), args: [3, { stride: 2, padding: 1, countIncludePad: false }] },
    { ...of([1, 3, 7, 5]), args: [[2, 3], { stride: [2, 1], padding: [0, 1] }] },
    { ...of([2, 4, 8, 8]), args: [8] },
    { ...of([0, 3, 4, 4]), args: [2] },
    { ...of([1, 1, 4, 6]), args: [2, { padding: 1 }] },
    { ...of([1, 2, 6, 7]), args: [5, { stride: 1, padding: 2 }] },
    { ...of([1, 1, 5, 6]), args: [7, { stride: 2, padding: 3 }] },
  ],
  errors: [
    { ...of([1, 3, 8, 8]), args: [2, { stride: [2, 2, 2] }], throws: "ConfigError" },
    { ...of([1, 3, 8, 8]), args: [2, { stride: [2, 0] }], throws: "ConfigError" },
    { ...of([1, 3, 8, 8]), args: [0], throws: "ConfigError" },
    { ...of([1, 3, 8, 8]), args: [2, { stride: 2 ** 31 }], throws: "ConfigError" },
    { ...of([1, 3, 8, 8]), args: [[4, 3], { padding: [0, 2] }], throws: "ShapeError" },
    { ...of([1, 3, 8, 8]), args: [[3, 4], { padding: [2, 0] }], throws: "ShapeError" },
    { ...of([3, 8, 8]), args: [2], throws: "ShapeError" },
    { ...of([1, 3, 8, 8]), args: [9], throws: "ShapeError" },
    { ...of([1, 3, 8, 8]), args: [2, { padding: 2 }], throws: "ShapeError" },
    { ...of([1, 3, 8, 8]), args: [2, { stride: 0 }], throws: "ConfigError" },
    { ...of([1, 3, 8, 8]), args: [], throws: "ConfigError" },
    { ...of([1, 3, 8, 8]), args: [2, null], throws: "ConfigError" },
    { ...of([1, 3, 8, 8]), args: [2, { countIncludePad: 1 }], throws: "ConfigError" },
    { ...of([1, 1, 1, 1]), args: [65536, { padding: 32768 }], throws: "ConfigError" },
    { ...of([1, 1, 1, 1]), args: [[2 ** 17, 2 ** 15]], throws: "ConfigError" },
    { ...of([1, 1, 1, 1]), args: [[2 ** 15, 2 ** 17]], throws: "ConfigError" },
  ],
  bench: (size) => ({ ...of(benchImages(size)), args: [2] }),
  cost: ([x], params) => ({
    flops: sizeOf(pooledShape("avgPool2d", "x", x as TensorInfo, params)) * sizeOf(params.kernel),
  }),
});

const MEAN = {
  start: `  var sum = vec4f();
  var pixels = vec4f();`,
  visit: `      sum += select(vec4f(), v, inside);
      pixels += vec4f(inside);`,
  store: "    y[out] = sum[j] / select(pixels[j], f32(KH * KW), u.count_padding == 1u);",
};

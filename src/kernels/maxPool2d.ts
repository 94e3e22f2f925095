// maxPool2d: the largest pixel of each window, and where it was.
import { defineOp, exact, type TensorInfo } from "../tensor/op.js";
import { type Shape, sizeOf } from "../tensor/shape.js";
import { benchImages, of } from "./lib/declare/sample.js";
import { drawPool, info, POOL_OPTIONS, type PoolOptions, pooledShape, poolWindow } from "./lib/pool/pool.js";
import { poolWindows } from "./lib/pool/poolKernels.js";
import type { Size2d } from "./lib/pool/window.js";
import { input, output, read, write } from "./lib/text/kernel.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * Largest pixel of each window of `[B, C, H, W]`, and its place h·W + w as i32. The padding counts as −∞; a NaN is
     * larger than any number. Throws ShapeError, DTypeError, ConfigError.
     */
    maxPool2d(kernel: Size2d | Shape, options?: PoolOptions): [y: Tensor, indices: Tensor];
  }
}

export const maxPool2d = defineOp({
  name: "maxPool2d",
  doc: "largest pixel of each window, and its place",
  inputs: ["x"],
  outputs: ["y", "indices"],
  options: POOL_OPTIONS,
  params: (_, kernel: Size2d | Shape, options?: PoolOptions) => poolWindow("maxPool2d", kernel, options),
  infer(inputs, window) {
    const shape = pooledShape("maxPool2d", "x", info(inputs, 0), window);
    return [
      { shape, dtype: "f32" },
      { shape, dtype: "i32" },
    ];
  },
  kernels({ inputs, outputs, params }) {
    const pooling = {
      label: "maxPool2d",
      window: params,
      bindings: { x: read("f32", input(0)), y: write("f32", output(0)), indices: write("i32", output(1)) },
      ...MAX,
    };
    return { dispatches: [poolWindows(pooling, info(inputs, 0).shape, outputs[0].shape)] };
  },
  reference(inputs, { kernel, stride, padding }) {
    const { data: x, shape } = info(inputs, 0);
    const [, , h, w] = shape;
    const y: number[] = [];
    const indices: number[] = [];
    const [, , oh, ow] = pooledShape(
      "maxPool2d",
      "x",
      info(inputs, 0),
      poolWindow("maxPool2d", kernel, { stride, padding }),
    );
    for (let i = 0; i < shape[0] * shape[1] * oh * ow; i++) {
      const plane = Math.floor(i / (oh * ow)) * h * w;
      let best = -1;
      for (let ky = 0; ky < kernel[0]; ky++)
        for (let kx = 0; kx < kernel[1]; kx++) {
          const iy = (Math.floor(i / ow) % oh) * stride[0] - padding[0] + ky;
          const ix = (i % ow) * stride[1] - padding[1] + kx;
          if (iy < 0 || iy >= h || ix < 0 || ix >= w) continue;
          const v = x[plane + iy * w + ix];
          if (best < 0 || v > x[plane + best] || Number.isNaN(v)) best = iy * w + ix;
        }
      y.push(x[plane + best]);
      indices.push(best);
    }
    return [Float64Array.from(y), Float64Array.from(indices)];
  },
  saves: ["indices"],
  // Each window passes its gradient to the pixel it took.
  vjp(g, { indices }, { params: { kernel, stride, padding }, shapes }) {
    return [g.maxPool2dGrad(indices, shapes.x.slice(2), kernel, { stride, padding })];
  },
  tolerance: exact,
  draw: drawPool,
  samples: [
    { ...of([2, 3, 8, 8]), args: [2] },
    { ...of([1, 2, 9, 7]), args: [3, { stride: 2, padding: 1 }] },
    { ...of([1, 2, 7, 7]), args: [3, { stride: 1, padding: 1 }] },
    { ...of([1, 3, 7, 5]), args: [[2, 3], { stride: [2, 1], padding: [0, 1] }] },
    { ...of({ shape: [1, 1, 2, 4], values: [1, Number.NaN, -1, -2, 5, 3, Number.NEGATIVE_INFINITY, -3] }), args: [2] },
    { ...of([0, 3, 4, 4]), args: [2] },
    { ...of([1, 1, 4, 6]), args: [2, { padding: 1 }] },
    { ...of([1, 2, 6, 7]), args: [5, { stride: 1, padding: 2 }] },
    { ...of([1, 1, 5, 6]), args: [7, { stride: 2, padding: 3 }] },
    { ...of([1, 2, 17, 16]), args: [[12, 10], { stride: [9, 8], padding: [2, 1] }] },
  ],
  errors: [
    { ...of([1, 3, 8, 8]), args: [[4, 3], { padding: [0, 2] }], throws: "ShapeError" },
    { ...of([1, 3, 8, 8]), args: [[3, 4], { padding: [2, 0] }], throws: "ShapeError" },
    { ...of([1, 1, 0, 6]), args: [2, { padding: 1 }], throws: "ShapeError" },
    { ...of([3, 8, 8]), args: [2], throws: "ShapeError" },
    { ...of([1, 3, 8, 8]), args: [9], throws: "ShapeError" },
    { ...of([1, 3, 8, 8]), args: [2, { padding: 2 }], throws: "ShapeError" },
    { ...of([1, 3, 8, 8]), args: [0], throws: "ConfigError" },
    { ...of({ shape: [1, 3, 8, 8], dtype: "i32" }), args: [2], throws: "DTypeError" },
  ],
  bench: (size) => ({ ...of(benchImages(size)), args: [2] }),
  cost: ([x], window) => ({
    flops: sizeOf(pooledShape("maxPool2d", "x", x as TensorInfo, window)) * sizeOf(window.kernel),
  }),
});

const MAX = {
  functions: `fn isNan4(v: vec4f) -> vec4<bool> { return (bitcast<vec4u>(v) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u); }`,
  start: `  var place = vec4i(-1);
  var largest = vec4f();`,
  // Once NaN, only another NaN takes over: comparing with NaN has no defined result in WGSL.
  visit: `      let larger = isNan4(v) | (!isNan4(largest) & (v > largest)) | (place < vec4i());
      place = select(place, vec4i(row * u.w + col), inside & larger);
      largest = select(largest, v, inside & larger);`,
  store: `    y[out] = largest[j];
    indices[out] = place[j];`,
};

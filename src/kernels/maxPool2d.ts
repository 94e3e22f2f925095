// maxPool2d: the largest pixel of each window, and where it was.
import { defineOp, exact, type TensorInfo } from "../tensor/op.js";
import { type Shape, sizeOf } from "../tensor/shape.js";
import { floats } from "./lib/floats.js";
import { input, kernel, output, read, write } from "./lib/kernel.js";
import { info, type PoolOptions, pooledShape, poolUniforms, poolWindow } from "./lib/pool.js";
import { benchImages, of } from "./lib/sample.js";
import { type Size2d, windowConstants } from "./lib/window.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * Largest pixel of each window of `[B, C, H, W]`, and its place h·W + w as i32. The padding counts as −∞; a NaN is
     * larger than any number. Throws ShapeError, DTypeError, ConfigError.
     */
    maxPool2d(kernel: Size2d | Shape, options?: PoolOptions): [y: Tensor, indices: Tensor];
  }
}

const WORKGROUP = 64;

export const maxPool2d = defineOp({
  name: "maxPool2d",
  doc: "largest pixel of each window, and its place",
  inputs: ["x"],
  outputs: ["y", "indices"],
  params: (_, kernel: Size2d | Shape, options?: PoolOptions) => poolWindow("maxPool2d", kernel, options),
  infer(inputs, window) {
    const shape = pooledShape("maxPool2d", "x", info(inputs, 0), window);
    return [
      { shape, dtype: "f32" },
      { shape, dtype: "i32" },
    ];
  },
  kernels({ inputs, outputs, params }) {
    const count = sizeOf(outputs[0].shape);
    const launch = kernel({
      label: "maxPool2d",
      about: "one thread an element of y",
      uniforms: poolUniforms(info(inputs, 0).shape, outputs[0].shape, count),
      bindings: { x: read("f32", input(0)), y: write("f32", output(0)), indices: write("i32", output(1)) },
      code: `${windowConstants(params)}\n${CODE}`,
      groups: Math.ceil(count / WORKGROUP),
    });
    return { dispatches: [launch] };
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
  vjp(g, { indices }, { params, shapes }) {
    return [g.maxPool2dGrad(indices, shapes.x.slice(2), params.kernel, params)];
  },
  tolerance: exact,
  samples: [
    { ...of([2, 3, 8, 8]), args: [2] },
    { ...of([1, 2, 9, 7]), args: [3, { stride: 2, padding: 1 }] },
    { ...of([1, 2, 7, 7]), args: [3, { stride: 1, padding: 1 }] },
    { ...of([1, 3, 7, 5]), args: [[2, 3], { stride: [2, 1], padding: [0, 1] }] },
    { ...of({ shape: [1, 1, 2, 4], values: [1, Number.NaN, -1, -2, 5, 3, Number.NEGATIVE_INFINITY, -3] }), args: [2] },
    { ...of([0, 3, 4, 4]), args: [2] },
  ],
  errors: [
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

const CODE = `${floats("isNan")}
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = group_index(wg, groups) * ${WORKGROUP}u + lane;
  if (i >= u.count) { return; }
  let top = i32(i / u.ow % u.oh * SH) - i32(PH);
  let left = i32(i % u.ow * SW) - i32(PW);
  let plane = i / (u.ow * u.oh) * u.h * u.w;
  var best = -1;
  var largest = 0.0;
  for (var row = max(top, 0); row < min(top + i32(KH), i32(u.h)); row++) {
    for (var col = max(left, 0); col < min(left + i32(KW), i32(u.w)); col++) {
      let at = row * i32(u.w) + col;
      let v = x[plane + u32(at)];
      // Once NaN, only another NaN takes over: comparing with NaN has no defined result here.
      if (best < 0 || isNan(v) || (!isNan(largest) && v > largest)) {
        best = at;
        largest = v;
      }
    }
  }
  y[i] = largest;
  indices[i] = best;
}`;

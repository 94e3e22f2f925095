// maxPool2dGrad: the gradient of maxPool2d, gathered by each pixel from the windows that took it.
import { DTypeError, ShapeError } from "../tensor/errors.js";
import { defineOp, type TensorInfo } from "../tensor/op.js";
import { formatShape, type Shape, sameShape, sizeOf } from "../tensor/shape.js";
import { sumOfProducts } from "./lib/accuracy.js";
import { input, kernel, output, read, write } from "./lib/kernel.js";
import { COVERING, info, type PoolOptions, poolUniforms, poolWindow, unpooledShape } from "./lib/pool.js";
import { benchImages, of } from "./lib/sample.js";
import { type Pair, pair, type Size2d, type Window, windowConstants } from "./lib/window.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * Gradient for x `[B, C, size]` of `x.maxPool2d(kernel, options)`, which gave `indices` and of whose values `this` is
     * the gradient. Throws ShapeError, DTypeError, ConfigError.
     */
    maxPool2dGrad(indices: Tensor, size: Size2d | Shape, kernel: Size2d | Shape, options?: PoolOptions): Tensor;
  }
}

interface Params extends Window {
  readonly size: Pair;
}

const WORKGROUP = 64;

export const maxPool2dGrad = defineOp({
  name: "maxPool2dGrad",
  doc: "gradient of maxPool2d",
  inputs: ["gy", "indices"],
  params: (_, size: Size2d | Shape, kernel: Size2d | Shape, options?: PoolOptions): Params => ({
    ...poolWindow("maxPool2dGrad", kernel, options),
    size: pair("maxPool2dGrad", "size", size as Size2d, 0),
  }),
  infer(inputs, params) {
    const [gy, indices] = inputs as readonly TensorInfo[];
    if (indices.dtype !== "i32")
      throw new DTypeError(`maxPool2dGrad: indices are ${indices.dtype}`, "they must be i32");
    if (!sameShape(gy.shape, indices.shape)) {
      throw new ShapeError(
        `maxPool2dGrad: gy ${formatShape(gy.shape)} and indices ${formatShape(indices.shape)} differ`,
        "pass the indices that maxPool2d gave",
      );
    }
    return [{ shape: unpooledShape("maxPool2dGrad", gy, params.size, params), dtype: "f32" }];
  },
  kernels({ inputs, outputs, params }) {
    const count = sizeOf(outputs[0].shape);
    const launch = kernel({
      label: "maxPool2dGrad",
      about: "one thread a pixel of x, which looks at every window that covers it",
      uniforms: poolUniforms(outputs[0].shape, info(inputs, 0).shape, count),
      bindings: { gy: read("f32", input(0)), indices: read("i32", input(1)), gx: write("f32", output(0)) },
      code: `${windowConstants(params)}\n${CODE}`,
      groups: Math.ceil(count / WORKGROUP),
    });
    return { dispatches: [launch] };
  },
  reference(inputs, { size }) {
    const [gy, indices] = [info(inputs, 0), info(inputs, 1)];
    const [b, c, oh, ow] = gy.shape;
    const gx = new Float64Array(b * c * size[0] * size[1]);
    for (let i = 0; i < gy.data.length; i++) {
      gx[Math.floor(i / (oh * ow)) * size[0] * size[1] + indices.data[i]] += gy.data[i];
    }
    return [gx];
  },
  tolerance: (_, { kernel, stride }) =>
    sumOfProducts(Math.ceil(kernel[0] / stride[0]) * Math.ceil(kernel[1] / stride[1])),
  samples: [
    { ...of([1, 2, 2, 2], { shape: [1, 2, 2, 2], dtype: "i32", values: [0, 3, 13, 15, 5, 2, 9, 11] }), args: [4, 2] },
    // 3 × 3 windows that all overlap in the middle of a 3 × 3 image.
    {
      ...of([1, 1, 3, 3], { shape: [1, 1, 3, 3], dtype: "i32", values: [4, 4, 2, 4, 4, 4, 7, 4, 8] }),
      args: [3, 3, { stride: 1, padding: 1 }],
    },
    {
      ...of([1, 1, 2, 1], { shape: [1, 1, 2, 1], dtype: "i32", values: [1, 6] }),
      args: [[5, 3], [2, 3], { stride: 2 }],
    },
    { ...of([0, 1, 2, 2], { shape: [0, 1, 2, 2], dtype: "i32" }), args: [4, 2] },
  ],
  errors: [
    { ...of([1, 2, 2, 2], { shape: [1, 2, 2, 2], dtype: "i32" }), args: [6, 2], throws: "ShapeError" },
    { ...of([1, 2, 2, 2], { shape: [1, 2, 2, 1], dtype: "i32" }), args: [4, 2], throws: "ShapeError" },
    { ...of([1, 2, 2, 2], [1, 2, 2, 2]), args: [4, 2], throws: "DTypeError" },
  ],
  bench(size) {
    const [b, c, h, w] = benchImages(size);
    const pooled = [b, c, h / 2, w / 2];
    return { ...of(pooled, { shape: pooled, dtype: "i32", range: [0, h * w] }), args: [[h, w], 2] };
  },
});

const CODE = `${COVERING}
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = group_index(wg, groups) * ${WORKGROUP}u + lane;
  if (i >= u.count) { return; }
  let row = i / u.w % u.h + PH;
  let col = i % u.w + PW;
  let plane = i / (u.w * u.h);
  let place = i32(i % (u.w * u.h));
  var sum = 0.0;
  for (var oy = first_window(row, KH, SH); oy < end_window(row, SH, u.oh); oy++) {
    for (var ox = first_window(col, KW, SW); ox < end_window(col, SW, u.ow); ox++) {
      let at = (plane * u.oh + oy) * u.ow + ox;
      if (indices[at] == place) { sum += gy[at]; }
    }
  }
  gx[i] = sum;
}`;

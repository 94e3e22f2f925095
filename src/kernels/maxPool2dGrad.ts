// maxPool2dGrad: the gradient of maxPool2d, gathered by each pixel from the windows that took it.
import { DTypeError, ShapeError } from "../tensor/errors.js";
import { defineOp, type TensorInfo } from "../tensor/op.js";
import { formatShape, type Shape, sameShape, sizeOf } from "../tensor/shape.js";
import { benchImages, of } from "./lib/declare/sample.js";
import { info, POOL_OPTIONS, type PoolOptions, poolWindow, unpooledShape } from "./lib/pool/pool.js";
import { unpoolWindows } from "./lib/pool/poolKernels.js";
import { type Pair, pair, type Size2d, type Window } from "./lib/pool/window.js";
import { sumError } from "./lib/reduce/reduction.js";
import { input, output, read, write } from "./lib/text/kernel.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * Gradient for x `[B, C, size]` of `x.maxPool2d(kernel, options)`, which gave `indices` and of whose values `this` is
     * the gradient. Throws ShapeError, DTypeError, ConfigError.
     * @internal
     */
    maxPool2dGrad(indices: Tensor, size: Size2d | Shape, kernel: Size2d | Shape, options?: PoolOptions): Tensor;
  }
}

interface Params extends Window {
  readonly size: Pair;
}

export const maxPool2dGrad = defineOp({
  name: "maxPool2dGrad",
  doc: "gradient of maxPool2d",
  inputs: ["gy", "indices"],
  options: POOL_OPTIONS,
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
    const unpooling = {
      label: "maxPool2dGrad",
      window: params,
      bindings: { gy: read("f32", input(0)), indices: read("i32", input(1)), gx: write("f32", output(0)) },
      load: `      let g = gy[at];
      let place = select(-1, indices[at], exists);`,
      give: "select(0.0, g, place == i32(row * u.w + col))",
    };
    return { dispatches: [unpoolWindows(unpooling, outputs[0].shape, info(inputs, 0).shape)] };
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
  saves: ["indices"],
  // linear in gy: each window takes the gradient of the pixel it took
  vjp(h, { indices }) {
    const [b, c, oh, ow] = indices.shape;
    const pixels = h.reshape([b, c, h.shape[2] * h.shape[3]]);
    return [pixels.gather(indices.reshape([b, c, oh * ow]), 2).reshape(indices.shape), null];
  },
  tolerance: (_, { kernel, stride }) => ({
    ulp: 1,
    abs: sumError(Math.ceil(kernel[0] / stride[0]) * Math.ceil(kernel[1] / stride[1])),
  }),
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
    // windows of 7 × 7 that all reach 3 pixels into the padding
    {
      ...of([1, 1, 3, 3], { shape: [1, 1, 3, 3], dtype: "i32", values: [0, 4, 28, 28, 29, 13, 24, 27, 28] }),
      args: [[5, 6], 7, { stride: 2, padding: 3 }],
    },
  ],
  errors: [
    {
      ...of([1, 2, 1, 3], { shape: [1, 2, 1, 3], dtype: "i32" }),
      args: [[0, 4], 2, { padding: 1 }],
      throws: "ShapeError",
    },
    { ...of([1, 2, 2, 2], { shape: [1, 2, 2, 2], dtype: "i32" }), args: [6, 2], throws: "ShapeError" },
    { ...of([1, 2, 2, 2], { shape: [1, 2, 2, 1], dtype: "i32" }), args: [4, 2], throws: "ShapeError" },
    { ...of([1, 2, 2, 2], [1, 2, 2, 2]), args: [4, 2], throws: "DTypeError" },
  ],
  bench(size) {
    const [b, c, h, w] = benchImages(size);
    const pooled = [b, c, h / 2, w / 2];
    const corners = Array.from({ length: sizeOf(pooled) }, (_, i) => {
      const [row, column] = [Math.floor(i / pooled[3]) % pooled[2], i % pooled[3]];
      return 2 * row * w + 2 * column + (i % 2); // a pixel of the window, as the op asks
    });
    return { ...of(pooled, { shape: pooled, dtype: "i32", values: corners }), args: [[h, w], 2] };
  },
});

// adaptiveAvgPool2dGrad: the gradient of adaptiveAvgPool2d, gathered by each pixel from the windows that cover it.
import { ShapeError } from "../tensor/errors.js";
import { defineOp } from "../tensor/op.js";
import { formatShape, type Shape, sizeOf } from "../tensor/shape.js";
import { sumOfProducts } from "./lib/declare/accuracy.js";
import { isFloat } from "./lib/declare/draw.js";
import { benchImages, of } from "./lib/declare/sample.js";
import { ADAPTIVE, adaptiveTerms } from "./lib/pool/adaptive.js";
import { info } from "./lib/pool/pool.js";
import { imageShape, type Pair, pair, type Size2d } from "./lib/pool/window.js";
import { input, kernel, output, read, u32, write } from "./lib/text/kernel.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * Gradient for x `[B, C, size]` of its `adaptiveAvgPool2d`, of which `this` is the gradient.
     * Throws ShapeError, DTypeError, ConfigError.
     * @internal
     */
    adaptiveAvgPool2dGrad(size: Size2d | Shape): Tensor;
  }
}

interface Params {
  /** H and W of x. */
  readonly size: Pair;
}

const WORKGROUP = 64;

export const adaptiveAvgPool2dGrad = defineOp({
  name: "adaptiveAvgPool2dGrad",
  doc: "gradient of adaptiveAvgPool2d",
  inputs: ["gy"],
  params: (_, size: Size2d | Shape): Params => ({ size: pair("adaptiveAvgPool2dGrad", "size", size as Size2d, 1) }),
  infer(inputs, { size }) {
    const [b, c, oh, ow] = imageShape("adaptiveAvgPool2dGrad", "gy", info(inputs, 0));
    if (oh * ow === 0) {
      throw new ShapeError(
        `adaptiveAvgPool2dGrad: gy ${formatShape([b, c, oh, ow])} has no windows`,
        "pass a gradient",
      );
    }
    return [{ shape: [b, c, ...size], dtype: "f32" }];
  },
  kernels({ inputs, outputs }) {
    const [x, y] = [outputs[0].shape, info(inputs, 0).shape];
    const count = sizeOf(x);
    const launch = kernel({
      label: "adaptiveAvgPool2dGrad",
      about: "one thread a pixel of x, which looks at every window that covers it",
      uniforms: { count: u32(count), h: u32(x[2]), w: u32(x[3]), oh: u32(y[2]), ow: u32(y[3]) },
      bindings: { gy: read("f32", input(0)), gx: write("f32", output(0)) },
      code: CODE,
      groups: Math.ceil(count / WORKGROUP),
    });
    return { dispatches: [launch] };
  },
  reference(inputs, { size }) {
    const { data: gy, shape } = info(inputs, 0);
    const x = [shape[0], shape[1], ...size];
    const gx = new Float64Array(sizeOf(x));
    adaptiveTerms(x, [shape[2], shape[3]], (xAt, yAt, pixels) => {
      gx[xAt] += gy[yAt] / pixels;
    });
    return [gx];
  },
  // Linear in gy: its transpose is the pooling itself.
  vjp: (g, _, { shapes }) => [g.adaptiveAvgPool2d(shapes.gy.slice(2))],
  tolerance: (inputs, { size }) => {
    const [, , oh, ow] = info(inputs, 0).shape;
    return sumOfProducts((Math.ceil(oh / size[0]) + 1) * (Math.ceil(ow / size[1]) + 1));
  },
  draw: (gy, choose) =>
    isFloat(gy) && gy.shape.length === 4 && sizeOf(gy.shape.slice(2)) > 0
      ? { inputs: [gy], args: [[1 + choose(9), 1 + choose(9)]] }
      : null,
  samples: [
    { ...of([2, 3, 1, 1]), args: [8] },
    { ...of([1, 2, 3, 4]), args: [[7, 9]] },
    { ...of([1, 2, 5, 4]), args: [[3, 4]] },
    { ...of([0, 2, 2, 2]), args: [8] },
  ],
  errors: [
    { ...of([2, 3, 1, 1]), args: [0], throws: "ConfigError" },
    { ...of([2, 3, 1, 0]), args: [8], throws: "ShapeError" },
    { ...of([2, 1, 1]), args: [8], throws: "ShapeError" },
    { ...of([2, 3, 1, 1]), args: [-1], throws: "ConfigError" },
    { ...of({ shape: [2, 3, 1, 1], dtype: "i32" }), args: [8], throws: "DTypeError" },
  ],
  bench(size) {
    const [b, c, h, w] = benchImages(size);
    return { ...of([b, c, 1, 1]), args: [[h, w]] };
  },
});

const CODE = `${ADAPTIVE}
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = group_index(wg, groups) * ${WORKGROUP}u + lane;
  if (i >= u.count) { return; }
  let row = i / u.w % u.h;
  let col = i % u.w;
  let plane = i / (u.w * u.h);
  var sum = 0.0;
  // Window o covers a pixel p if o·H < (p + 1)·n and p·n < (o + 1)·H.
  for (var oy = window_start(row, u.oh, u.h); oy < window_end(row, u.oh, u.h); oy++) {
    let height = window_end(oy, u.h, u.oh) - window_start(oy, u.h, u.oh);
    for (var ox = window_start(col, u.ow, u.w); ox < window_end(col, u.ow, u.w); ox++) {
      let width = window_end(ox, u.w, u.ow) - window_start(ox, u.w, u.ow);
      sum += gy[(plane * u.oh + oy) * u.ow + ox] / f32(height * width);
    }
  }
  gx[i] = sum;
}`;

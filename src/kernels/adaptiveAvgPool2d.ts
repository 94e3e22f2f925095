// adaptiveAvgPool2d: means over as many windows as asked for, which share the image as evenly as they can.
import { ShapeError } from "../tensor/errors.js";
import { defineOp, type TensorInfo } from "../tensor/op.js";
import { formatShape, type Shape, sizeOf } from "../tensor/shape.js";
import { isFloat } from "./lib/declare/draw.js";
import { benchImages, of } from "./lib/declare/sample.js";
import { ADAPTIVE, adaptiveTerms } from "./lib/pool/adaptive.js";
import { info } from "./lib/pool/pool.js";
import { imageShape, type Pair, pair, type Size2d } from "./lib/pool/window.js";
import { sumError } from "./lib/reduce/reduction.js";
import { input, kernel, output, read, u32, write } from "./lib/text/kernel.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * Means of `[B, C, H, W]` over `size` windows, `[B, C, size]`: window i of n spans ⌊i·H / n⌋ to ⌈(i + 1)·H / n⌉.
     * Throws ShapeError, DTypeError, ConfigError.
     */
    adaptiveAvgPool2d(size: Size2d | Shape): Tensor;
  }
}

interface Params {
  /** H and W of the result. */
  readonly size: Pair;
}

const WORKGROUP = 64;

export const adaptiveAvgPool2d = defineOp({
  name: "adaptiveAvgPool2d",
  doc: "means over a given number of windows",
  inputs: ["x"],
  params: (_, size: Size2d | Shape): Params => ({ size: pair("adaptiveAvgPool2d", "size", size as Size2d, 1) }),
  infer(inputs, { size }) {
    const [b, c, h, w] = imageShape("adaptiveAvgPool2d", "x", info(inputs, 0));
    if (h * w === 0)
      throw new ShapeError(`adaptiveAvgPool2d: x ${formatShape([b, c, h, w])} has no pixels`, "pass images");
    return [{ shape: [b, c, ...size], dtype: "f32" }];
  },
  kernels({ inputs, outputs }) {
    const [x, y] = [info(inputs, 0).shape, outputs[0].shape];
    const count = sizeOf(y);
    const launch = kernel({
      label: "adaptiveAvgPool2d",
      about: "one thread an element of y",
      uniforms: { count: u32(count), h: u32(x[2]), w: u32(x[3]), oh: u32(y[2]), ow: u32(y[3]) },
      bindings: { x: read("f32", input(0)), y: write("f32", output(0)) },
      code: CODE,
      groups: Math.ceil(count / WORKGROUP),
    });
    return { dispatches: [launch] };
  },
  reference(inputs, { size }) {
    const { data: x, shape } = info(inputs, 0);
    const y = new Float64Array(shape[0] * shape[1] * sizeOf(size));
    adaptiveTerms(shape, size, (xAt, yAt, pixels) => {
      y[yAt] += x[xAt] / pixels;
    });
    return [y];
  },
  // Each window spreads its gradient evenly.
  vjp: (g, _, { shapes }) => [g.adaptiveAvgPool2dGrad(shapes.x.slice(2))],
  tolerance: () => ({ ulp: 4, abs: sumError(1) }), // of a mean, as long as its window may be; the division is within 2.5 ULP
  draw: (x, choose) =>
    isFloat(x) && x.shape.length === 4 && sizeOf(x.shape.slice(2)) > 0
      ? { inputs: [x], args: [[1 + choose(3), 1 + choose(3)]] }
      : null,
  samples: [
    { ...of([2, 3, 8, 8]), args: [1] },
    { ...of([1, 2, 7, 9]), args: [[3, 4]] },
    { ...of([1, 2, 3, 4]), args: [[5, 4]] },
    { ...of([2, 2, 8, 8]), args: [2] },
    { ...of([0, 2, 8, 8]), args: [2] },
  ],
  errors: [
    { ...of([2, 3, 8, 0]), args: [1], throws: "ShapeError" },
    { ...of([2, 8, 8]), args: [1], throws: "ShapeError" },
    { ...of([2, 3, 0, 8]), args: [1], throws: "ShapeError" },
    { ...of([2, 3, 8, 8]), args: [0], throws: "ConfigError" },
    { ...of({ shape: [2, 3, 8, 8], dtype: "i32" }), args: [1], throws: "DTypeError" },
  ],
  bench: (size) => ({ ...of(benchImages(size)), args: [1] }),
  cost: ([x]) => ({ flops: sizeOf((x as TensorInfo).shape) }),
});

const CODE = `${ADAPTIVE}
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = group_index(wg, groups) * ${WORKGROUP}u + lane;
  if (i >= u.count) { return; }
  let oy = i / u.ow % u.oh;
  let ox = i % u.ow;
  let plane = i / (u.ow * u.oh) * u.h * u.w;
  let start = vec2u(window_start(oy, u.h, u.oh), window_start(ox, u.w, u.ow));
  let end = vec2u(window_end(oy, u.h, u.oh), window_end(ox, u.w, u.ow));
  var sum = 0.0;
  for (var row = start.x; row < end.x; row++) {
    for (var col = start.y; col < end.y; col++) {
      sum += x[plane + row * u.w + col];
    }
  }
  y[i] = sum / f32((end.x - start.x) * (end.y - start.y));
}`;

// conv2d: cross-correlation of images with filters, with stride, padding, dilation, groups and bias.
import { DTypeError, ShapeError } from "../tensor/errors.js";
import { defineOp, type HostTensor, type Inputs, type TensorInfo } from "../tensor/op.js";
import { formatShape } from "../tensor/shape.js";
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
import { input, output, read, write } from "./lib/kernel.js";
import { product } from "./lib/product.js";
import { of } from "./lib/sample.js";
import { imageShape, windowConstants } from "./lib/window.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * `[B, C, H, W]` by weight `[O, C / groups, kh, kw]` and bias `[O]` to `[B, O, H', W']`, with
     * H' = ⌊(H + 2·padding − dilation·(kh − 1) − 1) / stride⌋ + 1. Throws ShapeError, DTypeError, ConfigError.
     */
    conv2d(weight: Tensor, bias?: Tensor | null, options?: ConvolutionOptions): Tensor;
  }
}

export const conv2d = defineOp({
  name: "conv2d",
  doc: "cross-correlation of images with filters",
  inputs: ["x", "weight", "bias?"],
  params: (_, options?: ConvolutionOptions) => convolutionParams("conv2d", options),
  infer(inputs, params) {
    const [x, weight, bias] = inputs as readonly [TensorInfo, TensorInfo, TensorInfo | null];
    imageShape("conv2d", "x", x);
    for (const t of [weight, bias])
      if (t && t.dtype !== "f32") throw new DTypeError(`conv2d: weights are ${t.dtype}`, "cast them to f32");
    const { batch, filters, outSize } = geometry(inputs, params);
    if (bias && (bias.shape.length !== 1 || bias.shape[0] !== filters)) {
      throw new ShapeError(
        `conv2d: bias ${formatShape(bias.shape)} does not fit weight ${formatShape(weight.shape)}`,
        "bias is [filters]",
      );
    }
    return [{ shape: [batch, filters, ...outSize], dtype: "f32" }];
  },
  kernels({ inputs, params, caps }) {
    const c = geometry(inputs, params);
    const p = {
      label: "conv2d",
      about: "y[image, filter, pixel] = Σ weight[filter, k] · x[image, k, pixel], k = (channel, ky, kx)",
      batches: c.batch * c.groups,
      m: c.filters / c.groups,
      n: c.outSize[0] * c.outSize[1],
      k: (c.channels / c.groups) * c.kernel[0] * c.kernel[1],
      step: 1 as const,
      uniforms: sizeUniforms(c),
      bindings: {
        x: read("f32", input(0)),
        weight: read("f32", input(1)),
        ...(inputs[2] && { bias: read("f32", input(2)) }),
        y: write("f32", output(0)),
      },
      functions: `${windowConstants(c)}\n${FUNCTIONS}\n${inputs[2] ? BIAS : NO_BIAS}`,
    };
    return { dispatches: [product(p, caps)] };
  },
  reference: (inputs, params) => [reference(inputs as readonly (HostTensor | null)[], params)],
  saves: ["x", "weight"],
  // y is linear in x, in the weight and in the bias: x̄ is the transposed convolution of G, W̄ the correlation of x
  // with G, and b̄ = Σ G over images and pixels.
  vjp(g, { x, weight }, { params, needs }) {
    return [
      needs.x ? g.conv2dInputGrad(weight, x.shape.slice(2), params) : null,
      needs.weight ? x.conv2dWeightGrad(g, weight.shape.slice(2), params) : null,
      needs.bias ? g.sum([0, 2, 3]) : null,
    ];
  },
  tolerance: (inputs, params) => sumOfProducts(termsOf(geometry(inputs, params)) + 1),
  samples: [
    of([1, 1, 3, 3], [1, 1, 1, 1], [1]),
    of([2, 3, 5, 7], [4, 3, 1, 1], [4]),
    { ...of([2, 3, 8, 8], [4, 3, 3, 3], [4]), args: [{ padding: 1 }] },
    { ...of([1, 5, 7, 9], [6, 5, 3, 3], null), args: [{ stride: 2, padding: 1 }] },
    { ...of([1, 3, 8, 9], [4, 3, 3, 5], [4]), args: [{ stride: [2, 1], padding: [1, 2] }] },
    { ...of([1, 2, 11, 10], [3, 2, 3, 3], null), args: [{ stride: 2, padding: 3, dilation: [3, 2] }] },
    { ...of([2, 4, 7, 7], [6, 2, 3, 3], [6]), args: [{ padding: 1, groups: 2 }] },
    { ...of([1, 6, 9, 8], [12, 1, 3, 3], [12]), args: [{ stride: 2, padding: 1, groups: 6 }] },
    { ...of([2, 4, 6, 6], [4, 1, 3, 3], [4]), args: [{ padding: 1, groups: 4 }] },
    { ...of([1, 3, 18, 17], [5, 3, 4, 4], [5]), args: [{ stride: 4 }] },
    { ...of([1, 2, 6, 6], [3, 2, 2, 2], [3]), args: [{ stride: 3 }] },
    { ...of([1, 16, 8, 8], [20, 16, 3, 3], null), args: [{ padding: 1 }] },
    of([0, 2, 5, 5], [3, 2, 3, 3], [3]),
  ],
  errors: [
    { ...of([2, 3, 8, 8], [4, 2, 3, 3], null), throws: "ShapeError" },
    { ...of([2, 3, 8], [4, 3, 3, 3], null), throws: "ShapeError" },
    { ...of([2, 3, 8, 8], [4, 3, 3], null), throws: "ShapeError" },
    { ...of([2, 3, 2, 8], [4, 3, 3, 3], null), throws: "ShapeError" },
    { ...of([2, 4, 8, 8], [3, 2, 3, 3], null), args: [{ groups: 2 }], throws: "ShapeError" },
    { ...of([2, 3, 8, 8], [4, 3, 3, 3], [3]), throws: "ShapeError" },
    { ...of([2, 3, 8, 8], [4, 3, 3, 3], null), args: [{ stride: 0 }], throws: "ConfigError" },
    { ...of([2, 3, 8, 8], [4, 3, 3, 3], null), args: [{ groups: 0 }], throws: "ConfigError" },
    { ...of({ shape: [2, 3, 8, 8], dtype: "i32" }, [4, 3, 3, 3], null), throws: "DTypeError" },
  ],
  cost(inputs, params) {
    const c = geometry(inputs, params);
    return { flops: 2 * c.batch * c.filters * c.outSize[0] * c.outSize[1] * termsOf(c) };
  },
});

function geometry([x, weight]: Inputs<TensorInfo>, params: ConvolutionParams): Convolution {
  return convolution("conv2d", (x as TensorInfo).shape, (weight as TensorInfo).shape, params);
}

/** Products in each element of y. */
const termsOf = (c: Convolution) => (c.channels / c.groups) * c.kernel[0] * c.kernel[1];

const FUNCTIONS = `alias ACursor = u32; // of weight[filter, 0]
fn a_cursor(batch: u32, row: u32) -> ACursor { return (batch % u.groups * u.filters + row) * u.k; }
fn a_at(cursor: ACursor, k: u32) -> f32 { return weight[cursor + k]; }

struct BCursor { plane: u32, top: vec4i, left: vec4i } // first plane of the group; corners of four windows
fn b_cursor(batch: u32, col: u32) -> BCursor {
  let out = min(col + vec4u(0u, 1u, 2u, 3u), vec4u(u.n - 1u));
  let top = vec4i(out / u.ow * SH) - i32(PH);
  let left = vec4i(out % u.ow * SW) - i32(PW);
  return BCursor(batch * u.channels, top, left);
}
fn b_at(cursor: BCursor, k: u32) -> vec4f {
  let plane = cursor.plane + k / (KH * KW);
  let row = cursor.top + i32(k / KW % KH * DH);
  let col = cursor.left + i32(k % KW * DW);
  return vec4f(
    pixel(plane, row.x, col.x), pixel(plane, row.y, col.y), pixel(plane, row.z, col.z), pixel(plane, row.w, col.w));
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
    if (col + j < u.n) { y[at + j] = v[j] + bias_of(batch % u.groups * u.filters + row); }
  }
}`;

const BIAS = "fn bias_of(filter_number: u32) -> f32 { return bias[filter_number]; }";
const NO_BIAS = "fn bias_of(filter_number: u32) -> f32 { return 0.0; }";

function reference([x, weight, bias]: readonly (HostTensor | null)[], params: ConvolutionParams): Float64Array {
  const c = geometry([x, weight], params);
  const [xs, ws] = [(x as HostTensor).data, (weight as HostTensor).data];
  const y = new Float64Array(c.batch * c.filters * c.outSize[0] * c.outSize[1]);
  for (let i = 0; i < y.length; i++) y[i] = bias?.data[Math.floor(i / (c.outSize[0] * c.outSize[1])) % c.filters] ?? 0;
  eachTerm(c, (xAt, wAt, yAt) => {
    y[yAt] += xs[xAt] * ws[wAt];
  });
  return y;
}

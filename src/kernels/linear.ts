// linear: x·Wᵀ + b, the fully connected layer, in one kernel.
import { DTypeError, ShapeError } from "../tensor/errors.js";
import { defineOp, type HostTensor, type Inputs, type TensorInfo } from "../tensor/op.js";
import { formatShape, sizeOf } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { sumOfProducts } from "./lib/declare/accuracy.js";
import { drawOptional, drawSize, isFloat } from "./lib/declare/draw.js";
import { of } from "./lib/declare/sample.js";
import { matrixProduct } from "./lib/product/matrix.js";
import { product } from "./lib/product/product.js";
import { input, output } from "./lib/text/kernel.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** `[..., K]` by weight `[N, K]` and bias `[N]` to `[..., N]`: this·weightᵀ + bias. Throws ShapeError, DTypeError. */
    linear(weight: Tensor, bias?: Tensor | null): Tensor;
  }
}

export const linear = defineOp({
  name: "linear",
  doc: "x·Wᵀ + b over the last dimension",
  inputs: ["x", "weight", "bias?"],
  infer(inputs) {
    const [x, weight, bias] = inputs as readonly [TensorInfo, TensorInfo, TensorInfo | null];
    const odd = [x, weight, bias].find((t) => t && t.dtype !== "f32");
    if (odd) throw new DTypeError(`linear: an operand is ${odd.dtype}`, "cast it to f32");
    const [k, [n, inner]] = [x.shape.at(-1), weight.shape];
    if (weight.shape.length !== 2 || k !== inner) {
      throw new ShapeError(
        `linear: x ${formatShape(x.shape)} does not fit weight ${formatShape(weight.shape)} (${k} ≠ ${inner})`,
        "weight is [outFeatures, inFeatures], and x ends in inFeatures",
      );
    }
    if (bias && (bias.shape.length !== 1 || bias.shape[0] !== n)) {
      throw new ShapeError(
        `linear: bias ${formatShape(bias.shape)} does not fit weight ${formatShape(weight.shape)} (${sizeOf(bias.shape)} ≠ ${n})`,
        "bias is [outFeatures]",
      );
    }
    return [{ shape: [...x.shape.slice(0, -1), n], dtype: "f32" }];
  },
  kernels({ inputs, caps }) {
    const p = matrixProduct(
      {
        label: "linear",
        about: "y = x·Wᵀ + b",
        ...sizes(inputs),
        a: { operand: input(0), batch: [], transposed: false },
        b: { operand: input(1), batch: [], transposed: true },
        out: output(0),
        batch: [],
        ...(inputs[2] && { bias: { operand: input(2), along: "rows" } }),
      },
      caps,
    );
    return product(p, caps);
  },
  reference(inputs) {
    const { m, n, k } = sizes(inputs);
    const [x, weight, bias] = inputs.map((t) => t && (t as HostTensor).data) as [
      Float64Array,
      Float64Array,
      Float64Array?,
    ];
    const y = Float64Array.from({ length: m * n }, (_, i) => bias?.[i % n] ?? 0);
    for (let i = 0; i < y.length; i++) {
      for (let j = 0; j < k; j++) y[i] += x[Math.floor(i / n) * k + j] * weight[(i % n) * k + j];
    }
    return [y];
  },
  saves: ["x", "weight"],
  // x̄ = G·W, W̄ = Gᵀ·x and b̄ = Σ G, over all leading dimensions at once.
  vjp(g, { x, weight }, { needs }) {
    const { m, n, k } = sizes([x, weight]);
    const grad = g.reshape([m, n]);
    return [
      needs.x ? grad.matmul(weight).reshape(x.shape) : null,
      needs.weight ? grad.matmul(x.reshape([m, k]), { transposeA: true }) : null,
      needs.bias ? grad : null,
    ];
  },
  tolerance: (inputs) => sumOfProducts(sizes(inputs).k + 1),
  draw(x, choose) {
    if (!isFloat(x, 1)) return null;
    const n = drawSize(choose);
    return of(x, [n, x.shape.at(-1) as number], drawOptional([n], choose));
  },
  samples: [
    of([5, 7], [3, 7], [3]),
    of([5, 7], [3, 7], null),
    of([2, 9, 16], [12, 16], [12]),
    of([64], [10, 64], [10]),
    of([40, 64], [10, 64], [10]),
    of([33, 65], [31, 65], [31]),
    of([0, 3], [4, 3], [4]),
    of([2, 0], [4, 0], [4]),
  ],
  errors: [
    { ...of([5, 7], [3, 6], null), throws: "ShapeError" },
    { ...of([5, 7], [7], null), throws: "ShapeError" },
    { ...of([], [3, 6], null), throws: "ShapeError" },
    { ...of([5, 7], [3, 7], [7]), throws: "ShapeError" },
    { ...of([5, 7], [3, 7], { shape: [3], dtype: "i32" }), throws: "DTypeError" },
  ],
  cost(inputs) {
    const { m, n, k } = sizes(inputs);
    return { flops: 2 * m * n * k };
  },
});

/** All leading dimensions of x are rows. */
function sizes([x, weight]: Inputs<TensorInfo | Tensor>): { m: number; n: number; k: number } {
  const [n, k] = (weight as TensorInfo).shape;
  return { m: sizeOf((x as TensorInfo).shape.slice(0, -1)), n, k };
}

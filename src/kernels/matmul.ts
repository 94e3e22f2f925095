// matmul: the matrix product, batched and broadcast, of operands that may be stored transposed.
import { checkFlag } from "../tensor/arguments.js";
import { DTypeError, ShapeError } from "../tensor/errors.js";
import { defineOp, type HostTensor, type Inputs, type TensorInfo } from "../tensor/op.js";
import { given } from "../tensor/options.js";
import { broadcastShapes, broadcastStrides, formatShape, type Shape, sizeOf, stridesOf } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { sumOfProducts } from "./lib/declare/accuracy.js";
import { drawBroadcast, drawSize, isFloat } from "./lib/declare/draw.js";
import { of } from "./lib/declare/sample.js";
import { matrixProduct } from "./lib/product/matrix.js";
import { product } from "./lib/product/product.js";
import { input, output } from "./lib/text/kernel.js";

/** Which operands are transposed. */
export interface MatmulOptions {
  /** `this` holds Aᵀ: its last two dimensions are swapped before the product, without a copy. */
  transposeA?: boolean;
  /** `b` holds Bᵀ. */
  transposeB?: boolean;
}

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * `[..., M, K] · [..., K, N] → [..., M, N]`, leading dimensions broadcast. A vector is a row on the left and a
     * column on the right, and its dimension is absent from the result. Throws ShapeError, DTypeError.
     */
    matmul(b: Tensor, options?: MatmulOptions): Tensor;
  }
}

type Params = Readonly<Required<MatmulOptions>>;

export const matmul = defineOp({
  name: "matmul",
  doc: "matrix product, with batches and transposed operands",
  inputs: ["a", "b"],
  options: ["transposeA", "transposeB"],
  params(_, options?: MatmulOptions): Params {
    const { transposeA = false, transposeB = false } = given("matmul", options);
    return {
      transposeA: checkFlag("matmul", "transposeA", transposeA),
      transposeB: checkFlag("matmul", "transposeB", transposeB),
    };
  },
  infer(inputs, params) {
    const [a, b] = inputs as readonly TensorInfo[];
    if (a.dtype !== "f32" || b.dtype !== "f32") {
      throw new DTypeError(`matmul: operands are ${a.dtype} and ${b.dtype}`, "cast both to f32");
    }
    return [{ shape: geometry(inputs, params).shape, dtype: "f32" }];
  },
  kernels({ inputs, params, caps }) {
    const { m, n, k, batch, aBatch, bBatch } = folded(geometry(inputs, params), params);
    const { transposeA, transposeB } = params;
    const p = matrixProduct(
      {
        label: "matmul",
        about: `C = A${transposeA ? "ᵀ" : ""}·B${transposeB ? "ᵀ" : ""}`,
        a: { operand: input(0), batch: aBatch, transposed: transposeA },
        b: { operand: input(1), batch: bBatch, transposed: transposeB },
        out: output(0),
        batch,
        m,
        n,
        k,
      },
      caps,
    );
    return product(p, caps);
  },
  reference: (inputs, params) => [reference(inputs as readonly HostTensor[], params)],
  saves: ["a", "b"],
  // d(A·B) = dA·B + A·dB, so Ā = G·Bᵀ and B̄ = Aᵀ·G; of a transposed operand, the transpose of that.
  vjp(g, { a, b }, { params, needs }) {
    const { m, n, batch } = geometry([a, b], params);
    const left = a.rank === 1 ? a.reshape([1, a.size]) : a;
    const right = b.rank === 1 ? b.reshape([b.size, 1]) : b;
    const grad = g.reshape([...batch, m, n]);
    return [
      needs.a ? gradientOfA(grad, right, params) : null,
      needs.b ? asStored(gradientOfB(grad, left, right, params), b) : null,
    ];
  },
  tolerance: (inputs, params) => sumOfProducts(geometry(inputs, params).k),
  draw(a, choose) {
    if (!isFloat(a, 1)) return null;
    const vector = a.shape.length === 1;
    const n = drawSize(choose);
    const transposeA = !vector && choose(3) === 2;
    const transposeB = choose(3) === 2;
    const k = a.shape.at(transposeA ? -2 : -1) as number;
    const matrix = transposeB ? [n, k] : [k, n];
    const batch = choose(2) === 1 ? drawBroadcast(a.shape.slice(0, -2), choose) : [];
    const b = !transposeB && choose(4) === 3 ? [k] : [...batch, ...matrix];
    return { inputs: [a, b], args: [{ transposeA, transposeB }] };
  },
  samples: [
    of([2, 3], [3, 4]),
    of([17, 33], [33, 9]),
    of([9, 36], [36, 68]),
    of([1, 64], [64, 3]),
    { ...of([5, 3], [5, 7]), args: [{ transposeA: true }] },
    { ...of([3, 8], [7, 8]), args: [{ transposeB: true }] },
    { ...of([5, 4], [8, 5]), args: [{ transposeA: true, transposeB: true }] },
    of([2, 1, 3, 4], [5, 4, 6]),
    of([2, 3, 9, 4], [3, 4, 4]),
    of([3, 4, 5], [5, 2]),
    of([2, 3, 4], [1, 1, 4, 5]),
    { ...of([3, 5, 4], [5, 2]), args: [{ transposeA: true }] },
    of([4, 5], [3, 5, 2]),
    of([40, 8], [8, 1]),
    of([40, 5], [5, 3]),
    { ...of([2, 5, 40], [2, 3, 5]), args: [{ transposeA: true, transposeB: true }] },
    of([2, 300], [300, 3]),
    { ...of([300, 70], [300, 66]), args: [{ transposeA: true }] },
    of([7], [7]),
    of([2, 3, 4], [4]),
    of([4], [2, 4, 3]),
    of([0, 3], [3, 4]),
    of([2, 0], [0, 5]),
    of([2, 5, 3], [2, 3, 0]),
  ],
  errors: [
    { ...of([3, 3], [3]), args: [{ transposeB: true }], throws: "ShapeError" },
    { ...of([3, 3], []), throws: "ShapeError" },
    { ...of([2, 3], [4, 5]), throws: "ShapeError" },
    { ...of([2, 3], [3, 3]), args: [{ transposeA: true }], throws: "ShapeError" },
    { ...of([2, 2, 3], [3, 3, 4]), throws: "ShapeError" },
    { ...of([], [3, 3]), throws: "ShapeError" },
    { ...of([3], [3, 3]), args: [{ transposeA: true }], throws: "ShapeError" },
    { ...of([2, 3], { shape: [3, 2], dtype: "i32" }), throws: "DTypeError" },
  ],
  cost(inputs, params) {
    const { m, n, k, batch } = geometry(inputs, params);
    return { flops: 2 * sizeOf(batch) * m * n * k };
  },
});

/** Sizes of a product of `[...aBatch, M, K]` and `[...bBatch, K, N]`; vectors as matrices of one row or column. */
interface Geometry {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly aBatch: Shape;
  readonly bBatch: Shape;
  readonly batch: Shape;
  /** Of the result, without the dimensions of vectors. */
  readonly shape: Shape;
}

function geometry(inputs: Inputs<{ readonly shape: Shape }>, { transposeA, transposeB }: Params): Geometry {
  const [a, b] = inputs.map((t) => (t as { readonly shape: Shape }).shape);
  const vector = (a.length === 1 && transposeA) || (b.length === 1 && transposeB);
  if (a.length === 0 || b.length === 0 || vector) {
    throw new ShapeError(
      `matmul: a ${formatShape(a)} · b ${formatShape(b)}: ${vector ? "a vector has no transpose" : "a scalar is no matrix"}`,
      vector ? "leave transposeA and transposeB out for vectors" : "use mul() for scalars",
    );
  }
  const [aRows, aCols] = a.length === 1 ? [1, a[0]] : a.slice(-2);
  const [bRows, bCols] = b.length === 1 ? [b[0], 1] : b.slice(-2);
  const [m, k] = transposeA ? [aCols, aRows] : [aRows, aCols];
  const [inner, n] = transposeB ? [bCols, bRows] : [bRows, bCols];
  if (inner !== k) {
    throw new ShapeError(
      `matmul: inner sizes differ: a ${formatShape(a)}${transposeA ? "ᵀ" : ""} · b ${formatShape(b)}${transposeB ? "ᵀ" : ""} (${k} ≠ ${inner})`,
      "the columns of a must be as many as the rows of b; see transposeA and transposeB",
    );
  }
  const [aBatch, bBatch] = [a.slice(0, -2), b.slice(0, -2)];
  const batch = broadcastShapes("matmul", aBatch, bBatch);
  const shape = [...batch, ...(a.length === 1 ? [] : [m]), ...(b.length === 1 ? [] : [n])];
  return { m, n, k, aBatch, bBatch, batch, shape };
}

/** Where all batches share one B, they are rows of one product: B is read once, and its tiles are full. */
function folded(g: Geometry, { transposeA }: Params): Geometry {
  if (transposeA || sizeOf(g.bBatch) !== 1) return g;
  return { ...g, m: g.m * sizeOf(g.batch), batch: [], aBatch: [], bBatch: [] };
}

function gradientOfA(g: Tensor, b: Tensor, { transposeA, transposeB }: Params): Tensor {
  return transposeA
    ? b.matmul(g, { transposeA: transposeB, transposeB: true })
    : g.matmul(b, { transposeB: !transposeB });
}

/** Where all batches share one B, its gradient sums over them: as one product, not a stack of them to add up. */
function gradientOfB(g: Tensor, a: Tensor, b: Tensor, { transposeA, transposeB }: Params): Tensor {
  const shared = !transposeA && sizeOf(b.shape.slice(0, -2)) === 1;
  const [left, grad] = shared && a.rank > 2 ? [asRows(a), asRows(g)] : [a, g];
  return transposeB
    ? grad.matmul(left, { transposeA: true, transposeB: transposeA })
    : left.matmul(grad, { transposeA: !transposeA });
}

/** A gradient `[..., K, N]` of `b`, with the dimensions of `b` unless batches are still to be summed. */
function asStored(grad: Tensor, b: Tensor): Tensor {
  if (grad.size === b.size) return grad.reshape(b.shape);
  return b.rank === 1 ? grad.reshape(grad.shape.slice(0, -1)) : grad;
}

/** `[..., M, N]` as `[… · M, N]`. */
function asRows(x: Tensor): Tensor {
  return x.reshape([sizeOf(x.shape.slice(0, -1)), x.shape[x.rank - 1]]);
}

function reference(inputs: readonly HostTensor[], params: Params): Float64Array {
  const { m, n, k, aBatch, bBatch, batch } = geometry(inputs, params);
  const [a, b] = inputs.map((t) => t.data);
  const y = new Float64Array(sizeOf(batch) * m * n);
  const [aMap, bMap] = [matrixOf(aBatch, batch), matrixOf(bBatch, batch)];
  for (let i = 0; i < y.length; i++) {
    const [at, row, col] = [Math.floor(i / (m * n)), Math.floor(i / n) % m, i % n];
    const [aAt, bAt] = [aMap(at) * m * k, bMap(at) * k * n];
    for (let j = 0; j < k; j++) {
      y[i] +=
        a[aAt + (params.transposeA ? j * m + row : row * k + j)] *
        b[bAt + (params.transposeB ? col * k + j : j * n + col)];
    }
  }
  return y;
}

/** Which matrix of `from` a batch of the result reads. */
function matrixOf(from: Shape, batch: Shape): (index: number) => number {
  const steps = broadcastStrides(from, batch);
  const strides = stridesOf(batch);
  return (index) => steps.reduce((at, step, d) => at + (Math.floor(index / strides[d]) % batch[d]) * step, 0);
}

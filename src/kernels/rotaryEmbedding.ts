// rotaryEmbedding: turns pairs of features by angles that grow with the position (RoPE, Su et al., arXiv:2104.09864).
import { checkFlag } from "../tensor/arguments.js";
import { DTypeError, ShapeError } from "../tensor/errors.js";
import { defineOp, type HostTensor, type TensorInfo } from "../tensor/op.js";
import { given } from "../tensor/options.js";
import { broadcastShapes, broadcastStrides, formatShape, type Shape, sameShape, sizeOf } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { sumOfProducts } from "./lib/declare/accuracy.js";
import { isFloat } from "./lib/declare/draw.js";
import { of } from "./lib/declare/sample.js";
import { placesOf } from "./lib/index/box.js";
import { gridGroups, gridLoop } from "./lib/text/grid.js";
import { input, kernel, output, read, u32, write } from "./lib/text/kernel.js";
import { walk, walkUniforms } from "./lib/text/walk.js";

/** How the halves of a row are paired. */
export interface RotaryOptions {
  /** Pairs are the features (2i, 2i + 1) instead of (i, i + D/2); default false. */
  interleaved?: boolean;
}

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * Each pair (a, b) of features of `[..., T, D]` turned to (a cos − b sin, a sin + b cos). `cos` and `sin` are of the
     * angles, `[T, D/2]` or any shape that broadcasts to `[..., T, D/2]`. Throws ShapeError, DTypeError.
     */
    rotaryEmbedding(cos: Tensor | number, sin: Tensor | number, options?: RotaryOptions): Tensor;
  }
}

type Params = Readonly<Required<RotaryOptions>>;

export const rotaryEmbedding = defineOp({
  name: "rotaryEmbedding",
  doc: "pairs of features turned by the angles of their positions (RoPE)",
  inputs: ["x", "cos", "sin"],
  options: ["interleaved"],
  params(_, options?: RotaryOptions): Params {
    const { interleaved = false } = given("rotaryEmbedding", options);
    return { interleaved: checkFlag("rotaryEmbedding", "interleaved", interleaved) };
  },
  infer(inputs) {
    const [x, cos, sin] = inputs as readonly TensorInfo[];
    for (const [name, { dtype }] of Object.entries({ x, cos, sin }))
      if (dtype !== "f32") throw new DTypeError(`rotaryEmbedding: ${name} is ${dtype}`, "cast it to f32");
    if (x.shape.length === 0 || x.shape[x.shape.length - 1] % 2 !== 0) {
      throw new ShapeError(`rotaryEmbedding: x is ${formatShape(x.shape)}`, "its last dimension must be even");
    }
    const pairs = pairsOf(x.shape);
    for (const [name, { shape }] of Object.entries({ cos, sin })) {
      if (sameShape(broadcastShapes("rotaryEmbedding", pairs, shape), pairs)) continue;
      throw new ShapeError(
        `rotaryEmbedding: ${name} ${formatShape(shape)} does not broadcast to ${formatShape(pairs)}`,
        "it has one angle for each pair of x's features",
      );
    }
    return [x];
  },
  kernels({ inputs, params: { interleaved }, caps }) {
    const [x, cos, sin] = (inputs as readonly TensorInfo[]).map(({ shape }) => shape);
    const pairs = pairsOf(x);
    const half = pairs[pairs.length - 1];
    const angles = { cos: broadcastStrides(cos, pairs), sin: broadcastStrides(sin, pairs) };
    const dispatch = kernel({
      label: "rotaryEmbedding",
      about: `a pair an iteration: ${interleaved ? "neighbours" : "half a row apart"}`,
      uniforms: { size: u32(sizeOf(pairs)), half: u32(half), ...walkUniforms(pairs, angles) },
      bindings: {
        x: read("f32", input(0)),
        cos_in: read("f32", input(1)),
        sin_in: read("f32", input(2)),
        y: write("f32", output(0)),
      },
      code: gridLoop([
        ...walk(Object.keys(angles), pairs.length),
        interleaved ? "let at = 2u * i;" : "let at = i + i / u.half * u.half;",
        `let other = at + ${interleaved ? "1u" : "u.half"};`,
        "let a = x[at];",
        "let b = x[other];",
        "y[at] = a * cos_in[cos_i] - b * sin_in[sin_i];",
        "y[other] = a * sin_in[sin_i] + b * cos_in[cos_i];",
      ]),
      groups: gridGroups(sizeOf(pairs), caps),
    });
    return { dispatches: [dispatch] };
  },
  reference: (inputs, params) => [reference(inputs as readonly HostTensor[], params)],
  saves: ["x", "cos", "sin"],
  // ∂/∂x: g turned back, by the negative angle. Over each pair ∂/∂cos = g·x and ∂/∂sin = x × g.
  vjp(g, { x, cos, sin }, { params, needs }) {
    return [
      needs.x ? g.rotaryEmbedding(cos, sin.neg(), params) : null,
      needs.cos ? dotOfPairs(g, x, params) : null,
      needs.sin ? crossOfPairs(g, x, params) : null,
    ];
  },
  tolerance: () => sumOfProducts(2),
  draw(x, choose) {
    const width = x.shape.at(-1) ?? 1;
    if (!isFloat(x) || width % 2 === 1) return null;
    const pairs = [...x.shape.slice(0, -1), width / 2];
    const angles = { shape: pairs.slice(choose(pairs.length)), range: [-1, 1] as const };
    return { ...of(x, angles, angles), args: [{ interleaved: choose(2) === 1 }] };
  },
  samples: [
    of([2, 5, 8], { shape: [5, 4], range: [-1, 1] }, { shape: [5, 4], range: [-1, 1] }),
    {
      ...of([2, 5, 8], { shape: [5, 4], range: [-1, 1] }, { shape: [5, 4], range: [-1, 1] }),
      args: [{ interleaved: true }],
    },
    // positions that differ from one sample of the batch to the next
    of([2, 3, 7, 6], { shape: [2, 1, 7, 3], range: [-1, 1] }, { shape: [2, 1, 7, 3], range: [-1, 1] }),
    { ...of([3, 2], [], { shape: [3, 1], range: [-1, 1] }), args: [{ interleaved: true }] },
    of([64], { shape: [32], range: [-1, 1] }, { shape: [32], range: [-1, 1] }),
    of([0, 4], [2], [2]),
    of([3, 0], [3, 0], [3, 0]),
  ],
  errors: [
    { ...of([], [], []), throws: "ShapeError" },
    { ...of([2, 5, 7], [5, 3], [5, 3]), throws: "ShapeError" },
    { ...of([2, 5, 8], [5, 8], [5, 4]), throws: "ShapeError" },
    { ...of([5, 8], [2, 5, 4], [5, 4]), throws: "ShapeError" },
    { ...of([2, 5, 8], [5, 4], { shape: [5, 4], dtype: "i32" }), throws: "DTypeError" },
  ],
  bench: (size) => of([4, size, 64], [size, 32], [size, 32]),
  cost: ([x]) => ({ flops: 3 * sizeOf((x as TensorInfo).shape) }),
});

/** `[..., T, D/2]` of x `[..., T, D]`. */
const pairsOf = (x: Shape): number[] => [...x.slice(0, -1), x[x.length - 1] / 2];

/** x `[..., T, D]` with the two of each pair along a dimension of their own. */
function inPairs(x: Tensor, { interleaved }: Params): { pairs: Tensor; dim: -1 | -2 } {
  const lead = pairsOf(x.shape);
  const half = lead.pop() as number;
  return interleaved
    ? { pairs: x.reshape([...lead, half, 2]), dim: -1 }
    : { pairs: x.reshape([...lead, 2, half]), dim: -2 };
}

/** g_a x_a + g_b x_b of each pair: `[..., T, D/2]`. */
function dotOfPairs(g: Tensor, x: Tensor, params: Params): Tensor {
  const { pairs, dim } = inPairs(g.mul(x), params);
  return pairs.sum(dim);
}

/** g_b x_a − g_a x_b of each pair, without zeros, which an infinity would turn into NaN: `[..., T, D/2]`. */
function crossOfPairs(g: Tensor, x: Tensor, params: Params): Tensor {
  const { pairs, dim } = inPairs(x, params);
  const products = inPairs(g, params).pairs.mul(pairs.flip(dim)); // g_a x_b, g_b x_a
  const all = products.shape.slice(0, dim).map(() => null);
  return products
    .slice([...all, [1]])
    .sub(products.slice([...all, [0, 1]]))
    .reshape(pairsOf(x.shape));
}

function reference([x, cos, sin]: readonly HostTensor[], { interleaved }: Params): Float64Array {
  const pairs = pairsOf(x.shape);
  const half = pairs[pairs.length - 1];
  const [cosAt, sinAt] = [cos, sin].map((t) =>
    placesOf(pairs, { start: 0, strides: broadcastStrides(t.shape, pairs) }),
  );
  const y = new Float64Array(x.data.length);
  for (let i = 0; i < sizeOf(pairs); i++) {
    const at = interleaved ? 2 * i : Math.floor(i / half) * 2 * half + (i % half);
    const other = at + (interleaved ? 1 : half);
    const [a, b, c, s] = [x.data[at], x.data[other], cos.data[cosAt[i]], sin.data[sinAt[i]]];
    y[at] = a * c - b * s;
    y[other] = a * s + b * c;
  }
  return y;
}

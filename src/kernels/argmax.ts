// argmax: the position of the largest element along a dimension.
import { checkFlag } from "../tensor/arguments.js";
import type { DType } from "../tensor/dtype.js";
import { exact, type TensorInfo } from "../tensor/op.js";
import { normalizeDims } from "../tensor/shape.js";
import { of } from "./lib/declare/sample.js";
import { type ReductionParams, reduction } from "./lib/reduce/reduction.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * Index (i32) of the largest element along `dim`, or in the flattened tensor; the first among equals; NaN counts as the
     * largest. Throws ShapeError over no elements, DTypeError.
     */
    argmax(dim?: number | null, keepdim?: boolean): Tensor;
  }
}

const KEYS: Record<Exclude<DType, "bool">, string> = {
  f32: "key_of(select(x, 0.0, x == 0.0))", // −0 equals 0,
  i32: "bitcast<u32>(x) ^ 0x80000000u",
  u32: "x",
};

export const argmax = reduction({
  name: "argmax",
  doc: "index of the largest element along a dimension, the first among equals",
  params: ([x], dim?: number | null, keepdim: boolean = false): ReductionParams => ({
    axes: normalizeDims("argmax", dim, (x as TensorInfo).shape.length),
    keepdim: checkFlag("argmax", "keepdim", keepdim),
  }),
  drawArgs: (rank, choose) => [rank > 0 && choose(2) === 1 ? choose(rank) : null, choose(2) === 1],
  dtypes: ["f32", "i32", "u32"],
  result: "i32",
  emptyHasValue: false,
  // a pair of key and index: the larger key wins, then the smaller index
  passes: (dtype) => ({
    y: {
      state: "vec2u",
      init: "vec2u(0u, 0xffffffffu)",
      fold: `merge(s, vec2u(${KEYS[dtype as keyof typeof KEYS]}, i))`,
      merge: "select(b, a, a.x > b.x || (a.x == b.x && a.y < b.y))",
      finish: "i32(s.y)",
    },
  }),
  value(elements) {
    const nan = elements.findIndex(Number.isNaN);
    return nan >= 0 ? nan : elements.indexOf(elements.reduce((a, b) => Math.max(a, b)));
  },
  tolerance: exact,
  samples: [
    of([3, 5]),
    of([]),
    { ...of([4, 33]), args: [-1] },
    { ...of([16, 10]), args: [1, true] },
    { ...of([5, 70]), args: [0] },
    of([9001]),
    {
      ...of({ shape: [3, 4], values: [1, 3, 3, 2, 0, Number.NaN, 1 / 0, Number.NaN, -1 / 0, -1 / 0, -1 / 0, -1 / 0] }),
      args: [1],
    },
    { ...of({ shape: [2, 2], values: [-0, 0, 0, -0] }), args: [1] },
    { ...of({ shape: [3, 4], dtype: "i32", range: [-2, 2] }), args: [1] },
    { ...of({ shape: [2, 3], dtype: "u32", values: [0, 0, 0, 1, 4294967295, 2] }), args: [1] },
    of({ shape: [1025], values: Array.from({ length: 1025 }, (_, i) => i) }),
  ],
  errors: [
    { ...of([2, 0]), args: [1], throws: "ShapeError" },
    { ...of([2, 3]), args: [2], throws: "ShapeError" },
  ],
});

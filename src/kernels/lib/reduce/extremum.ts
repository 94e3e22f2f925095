// What max and min share: their kernels, their even split of the gradient among ties, their samples.
import type { DType } from "../../../tensor/dtype.js";
import { exact, type Op, type Sample } from "../../../tensor/op.js";
import { reducedShape, type Shape } from "../../../tensor/shape.js";
import { of } from "../declare/sample.js";
import { LOWEST_KEY } from "../text/floats.js";
import type { Reducer } from "./fold.js";
import { dimsParams, type ReductionParams, reduction } from "./reduction.js";

const SAMPLES: readonly Sample[] = [
  of([3, 5]),
  of([]),
  { ...of([4, 33]), args: [-1] },
  { ...of([5, 70]), args: [0, true] },
  { ...of([2, 3, 4, 5]), args: [[0, 2, 3]] },
  of([9001]),
  { ...of({ shape: [3, 3], values: [1, Number.NaN, 2, -1 / 0, 1 / 0, 0, -1 / 0, -1 / 0, -1 / 0] }), args: [1] },
  { ...of({ shape: [4, 2], values: [0, 0, -0, -0, 0, -0, -0, 0] }), args: [1] },
  { ...of({ shape: [3, 4], dtype: "i32", range: [-9, 9] }), args: [1] },
  { ...of([0, 3]), args: [1] },
];

interface Extremum {
  readonly name: string;
  readonly doc: string;
  /** Whether it is the largest element, or the smallest. */
  readonly largest: boolean;
}

const TIES: Sample = { ...of({ shape: [2, 4], values: [1, 3, 3, 2, 0, -0, -1, -1] }), args: [1] };

/** The largest element, or the smallest as the negative of the largest of −x. */
export function extremum({
  name,
  doc,
  largest,
}: Extremum): Op<ReductionParams, [dims?: number | Shape | null, keepdim?: boolean]> {
  const better = largest ? Math.max : Math.min; // both return NaN where there is one
  return reduction({
    name,
    doc,
    params: dimsParams(name),
    dtypes: ["f32", "i32", "u32"],
    emptyHasValue: false,
    passes: (dtype) => ({ y: extremumReducer(dtype, largest) }),
    value: (elements) => elements.reduce((a, b) => better(a, b)),
    saves: ["x", "y"],
    // the gradient goes to the elements that equal the result, in equal parts
    vjp: (g, { x, y }, { params: { axes } }) => {
      const kept = reducedShape(x.shape, axes, true);
      const ties = x.eq(y.reshape(kept)).cast("f32");
      return [ties.mul(g.reshape(kept).div(ties.sum(axes, true)))];
    },
    tolerance: exact,
    samples: [
      ...SAMPLES,
      { ...TIES, slopes: [largest ? [0, 0.5, 0.5, 0, 0.5, 0.5, 0, 0] : [1, 0, 0, 0, 0, 0, 0.5, 0.5]] },
      { ...of({ shape: [4], values: [2, 2, 2, largest ? 1 : 3] }), slopes: [[1 / 3, 1 / 3, 1 / 3, 0]] },
      // the last of them is alone in its block
      of({ shape: [1025], values: Array.from({ length: 1025 }, (_, i) => (largest ? i : -i)) }),
    ],
    errors: [
      { ...of([2, 3]), args: [2], throws: "ShapeError" },
      { ...of([2, 0]), args: [1], throws: "ShapeError" },
      { ...of({ shape: [2], dtype: "bool" }), throws: "DTypeError" },
    ],
  });
}

/** Keeps the best so far: of f32 as keys, since WGSL may drop NaN. */
export function extremumReducer(dtype: DType, largest: boolean): Reducer {
  if (dtype === "f32") {
    const sign = largest ? "" : "-";
    return {
      state: "u32",
      result: "f32",
      init: LOWEST_KEY,
      fold: `max(s, key_of(${sign}x))`,
      merge: "max(a, b)",
      finish: `${sign}of_key(s)`,
    };
  }
  const [lowest, highest] = dtype === "i32" ? ["-2147483647 - 1", "2147483647"] : ["0u", "0xffffffffu"];
  if (largest) return { state: dtype, init: lowest, fold: "max(s, x)", merge: "max(a, b)" };
  return { state: dtype, init: highest, fold: "min(s, x)", merge: "min(a, b)" };
}

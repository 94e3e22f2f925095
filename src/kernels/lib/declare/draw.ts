// Shapes and arguments for `draw`: what fits a given tensor. Choice 0 is always the plainest, so that failures shrink.
import type { Choose, SampleTensor, TensorInfo } from "../../../tensor/op.js";
import type { Shape } from "../../../tensor/shape.js";

const SIZES = [3, 1, 5, 0, 65, 257];

/** A size for a dimension that nothing else decides. */
export const drawSize = (choose: Choose): number => SIZES[choose(SIZES.length)];

/** One of `options`. */
export const drawOne = <T>(options: readonly T[], choose: Choose): T => options[choose(options.length)];

/** A shape that broadcasts with `shape`, and with all others drawn for it: fewer dimensions, sizes of 1, or larger ones. */
export function drawBroadcast(shape: Shape, choose: Choose): Shape {
  const kind = choose(5);
  if (kind === 1) return shape.slice(choose(shape.length + 1));
  if (kind === 2) return shape.map((n) => (choose(2) === 1 ? 1 : n));
  return kind === 3 ? drawLarger(shape, choose) : shape;
}

/** A shape that `shape` can be repeated to. */
export const drawLarger = (shape: Shape, choose: Choose): Shape => [
  ...(shape.length < 5 && choose(2) === 1 ? [3] : []),
  ...shape.map((n) => (n === 1 && choose(2) === 1 ? 3 : n)),
];

/** Dimensions as reductions take them: all, one, or several. */
export function drawDims(rank: number, choose: Choose): number | Shape | null {
  if (rank === 0 || choose(3) === 0) return null;
  if (choose(2) === 0) return choose(rank);
  return Array.from({ length: rank }, (_, d) => d).filter(() => choose(2) === 1);
}

/** Integers that point into a dimension of `size`, and now and then beside it. */
export const drawIndex = (shape: Shape, size: number): SampleTensor => ({ shape, dtype: "i32", range: [-1, size + 1] });

/** An optional tensor: there or not. */
export const drawOptional = (shape: Shape, choose: Choose): Shape | null => (choose(3) === 2 ? null : shape);

/** Whether `x` is f32 and of at least `rank` dimensions. */
export const isFloat = ({ dtype, shape }: TensorInfo, rank = 0): boolean => dtype === "f32" && shape.length >= rank;

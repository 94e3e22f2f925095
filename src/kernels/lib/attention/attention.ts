// What scaledDotProductAttention and its gradients share: options, sizes, accuracy, and the loops of the references.
import { checkFlag, checkNumber } from "../../../tensor/arguments.js";
import { DTypeError, ShapeError } from "../../../tensor/errors.js";
import type { TensorInfo, Tolerance } from "../../../tensor/op.js";
import { given } from "../../../tensor/options.js";
import { formatShape, type Shape, sameShape, sizeOf } from "../../../tensor/shape.js";
import { sumOfProducts } from "../declare/accuracy.js";

/** Scale and mask of the scores. */
export interface AttentionOptions {
  /** Query i sees the keys 0 … i only (a lower triangular mask, also where there are more keys than queries); default false. */
  causal?: boolean;
  /** What q·k is multiplied by; default 1 / √D. */
  scale?: number;
}

export type AttentionParams = Readonly<Required<AttentionOptions>>;

/** Checked options. */
export function attentionParams(op: string, q: TensorInfo, options?: AttentionOptions): AttentionParams {
  const { causal = false, scale = 1 / Math.sqrt(Math.max(1, q.shape[q.shape.length - 1])) } = given(op, options);
  return { causal: checkFlag(op, "causal", causal), scale: checkNumber(op, "scale", scale) };
}

/**
 * Factors whose product is `scale`, for before and after a product: whatever the scale, nothing overflows or vanishes that
 * a moderate result does not call for. The first is a power of two, and so rounds nothing.
 */
export function halvesOf(scale: number): { before: number; after: number } {
  const before = 2 ** Math.min(0, Math.max(-75, Math.floor(Math.log2(Math.abs(scale)) / 2))); // 2⁻¹⁴⁹ is the least f32
  return { before, after: scale / before };
}

/** Sizes of an attention of q `[..., heads, queries, width]`, k `[..., heads / group, keys, width]`, v `[..., keys, valueWidth]`. */
export interface Attention {
  /** Heads of q in all batches, and how many neighbours share a head of k and v. */
  readonly heads: number;
  readonly group: number;
  readonly queries: number;
  readonly keys: number;
  readonly width: number;
  readonly valueWidth: number;
  /** Shapes of the result, and of one value for each query. */
  readonly y: Shape;
  readonly each: Shape;
}

/** A thread keeps whole rows of q, k, v and their gradients: WGSL grants it 8 KiB. */
export const LARGEST_WIDTH = 256;

/** Throws DTypeError, and ShapeError unless the shapes fit each other. */
export function attention(op: string, q: TensorInfo, k: TensorInfo, v: TensorInfo): Attention {
  for (const [name, { shape, dtype }] of Object.entries({ q, k, v })) {
    if (dtype !== "f32") throw new DTypeError(`${op}: ${name} is ${dtype}`, "cast it to f32");
    if (shape.length < 2 || shape.length !== q.shape.length) {
      throw new ShapeError(
        `${op}: ${name} is ${formatShape(shape)} beside q ${formatShape(q.shape)}`,
        "q, k and v are of one rank: [..., heads, tokens, features]",
      );
    }
  }
  const [queries, width] = q.shape.slice(-2);
  const [keys, keyWidth] = k.shape.slice(-2);
  const [values, valueWidth] = v.shape.slice(-2);
  const clash = (what: string, a: number, b: number) =>
    new ShapeError(
      `${op}: q ${formatShape(q.shape)}, k ${formatShape(k.shape)}, v ${formatShape(v.shape)}: ${what} (${a} ≠ ${b})`,
      "q and k have as many features, k and v as many tokens",
    );
  if (width !== keyWidth) throw clash("features of q and k differ", width, keyWidth);
  if (keys !== values) throw clash("tokens of k and v differ", keys, values);
  const widest = Math.max(width, valueWidth);
  if (widest > LARGEST_WIDTH) {
    throw new ShapeError(
      `${op}: ${widest} features a head (${widest} > ${LARGEST_WIDTH})`,
      "compose it of matmul() and softmax()",
    );
  }
  const group = groupOf(op, q.shape, k.shape, v.shape);
  const each = q.shape.slice(0, -1);
  return { heads: sizeOf(each.slice(0, -1)), group, queries, keys, width, valueWidth, y: [...each, valueWidth], each };
}

/** How many heads of q share one of k and v. */
function groupOf(op: string, q: Shape, k: Shape, v: Shape): number {
  const [mine, theirs] = [q.slice(0, -2), k.slice(0, -2)];
  const [heads, shared] = [mine.pop() ?? 1, theirs.pop() ?? 1];
  const group = heads === shared ? 1 : heads / shared;
  if (
    group === 0 ||
    !sameShape(mine, theirs) ||
    !Number.isInteger(group) ||
    !sameShape(k.slice(0, -2), v.slice(0, -2))
  ) {
    throw new ShapeError(
      `${op}: heads of q ${formatShape(q)}, k ${formatShape(k)} and v ${formatShape(v)} do not fit`,
      "k and v have the batches of q, and as many heads or a divisor of them",
    );
  }
  return group;
}

/** The error of exp(score), relative to it: that of a score of normals, and of exp itself. */
export const weightError = ({ width }: Attention, { scale }: AttentionParams): Tolerance => ({
  ulp: 16,
  abs: 2e-6 + 2 * Math.abs(scale) * sumOfProducts(width).abs,
});

/** How many keys query `i` sees. */
export const seenBy = (i: number, { keys }: Attention, { causal }: AttentionParams): number =>
  causal ? Math.min(keys, i + 1) : keys;

/** a·b in float64. */
export const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, v, d) => sum + v * b[d], 0);

/** Calls `visit` for each query with its row, and the row of the first key of its head, for the references. */
export function eachQuery(a: Attention, visit: (i: number, row: number, firstKey: number) => void): void {
  for (let head = 0; head < a.heads; head++)
    for (let i = 0; i < a.queries; i++) visit(i, head * a.queries + i, Math.floor(head / a.group) * a.keys);
}

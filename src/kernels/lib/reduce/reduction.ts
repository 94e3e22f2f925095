// The reduction preset: an op folds the elements along any set of dimensions into one value.
import { checkFlag } from "../../../tensor/arguments.js";
import { type DType, wgslType, wrapped } from "../../../tensor/dtype.js";
import { DTypeError, ShapeError } from "../../../tensor/errors.js";
import type { Choose, Dispatch, HostTensor, Inputs, KernelContext, Op, Plan, TensorInfo } from "../../../tensor/op.js";
import {
  broadcastStrides,
  formatShape,
  normalizeDims,
  reducedShape,
  type Shape,
  sizeOf,
  stridesOf,
} from "../../../tensor/shape.js";
import { drawDims } from "../declare/draw.js";
import { input, output, scratch } from "../text/kernel.js";
import { type Reducer, sumDepth } from "./fold.js";
import { reduceKernels } from "./reduceKernels.js";
import { reduceLayout } from "./reduceLayout.js";
import type { Source } from "./reduceText.js";

/** The parameters that every reduction has. */
export interface ReductionParams {
  /** Reduced axes, ascending. */
  readonly axes: Shape;
  readonly keepdim: boolean;
}

/** What a reduction declares; the rest of `Op` follows from it. */
export interface Reduction<P extends ReductionParams, A extends readonly unknown[]>
  extends Pick<Op<P, A>, "name" | "doc" | "options" | "vjp" | "saves" | "tolerance" | "samples" | "errors"> {
  params(inputs: Inputs<TensorInfo>, ...args: A): P;
  /** Arguments that fit a tensor of `rank`, for `draw`; default `[dims, keepdim]`. */
  drawArgs?(rank: number, choose: Choose): readonly unknown[];
  /** dtypes taken; default f32 only. */
  readonly dtypes?: readonly DType[];
  /** Result dtype; default that of x. */
  readonly result?: DType;
  /** Whether a range without elements has a value (the sum has, the maximum has not); default true. */
  readonly emptyHasValue?: boolean;
  /** Passes over the elements (`count` an output), in order. The last gives the result; it can read those before, f32, by name. */
  passes(dtype: DType, params: P, count: number): Readonly<Record<string, Reducer>>;
  /** The value of one output's elements, in float64; integers may pass the ends of their range, where they wrap. */
  value(elements: Float64Array, params: P): number;
}

/** Parameters of `x.op(dims?, keepdim = false)`. */
export const dimsParams =
  (op: string) =>
  ([x]: Inputs<TensorInfo>, dims?: number | Shape | null, keepdim = false): ReductionParams => ({
    axes: normalizeDims(op, dims, (x as TensorInfo).shape.length),
    keepdim: checkFlag(op, "keepdim", keepdim),
  });

/** A reduction from what it does with elements. */
export function reduction<P extends ReductionParams, A extends readonly unknown[]>(spec: Reduction<P, A>): Op<P, A> {
  const { name, dtypes = ["f32"], emptyHasValue = true } = spec;
  return {
    draw(x, choose) {
      const args = spec.drawArgs?.(x.shape.length, choose) ?? [drawDims(x.shape.length, choose), choose(2) === 1];
      const { axes } = spec.params([x], ...(args as unknown as A));
      const hasValue = emptyHasValue || !axes.some((d) => x.shape[d] === 0);
      return dtypes.includes(x.dtype) && hasValue ? { inputs: [x], args } : null;
    },
    ...spec,
    inputs: ["x"],
    infer([x], { axes, keepdim }) {
      const { shape, dtype } = x as TensorInfo;
      if (!dtypes.includes(dtype)) throw new DTypeError(`${name}: x is ${dtype}`, `cast it to ${dtypes.join(" or ")}`);
      if (!emptyHasValue && axes.some((d) => shape[d] === 0)) {
        const where = `dims ${formatShape(axes)} of ${formatShape(shape)}`;
        throw new ShapeError(`${name}: no elements along ${where}`, "it has no value there");
      }
      return [{ shape: reducedShape(shape, axes, keepdim), dtype: spec.result ?? dtype }];
    },
    kernels: (context) => plan(spec, context),
    reference: ([x], params) => [reference(spec, x as HostTensor, params)],
    cost([x], params) {
      const { shape, dtype } = x as TensorInfo;
      return { flops: sizeOf(shape) * Object.keys(spec.passes(dtype, params, 1)).length };
    },
  };
}

function plan<P extends ReductionParams, A extends readonly unknown[]>(
  { name, passes }: Reduction<P, A>,
  { inputs, outputs, params, caps }: KernelContext<P>,
): Plan {
  const { shape, dtype } = inputs[0] as TensorInfo;
  const layout = reduceLayout(shape, params.axes);
  const steps = Object.entries(passes(dtype, params, layout.count));
  const last = steps.length - 1;
  const each: Record<string, Source> = {};
  const dispatches: Dispatch[] = [];
  let partialBytes = 0;
  for (const [k, [pass, reducer]] of steps.entries()) {
    const type = k === last ? wgslType(outputs[0].dtype) : "f32";
    const operand = k === last ? output(0) : scratch(k);
    const step = reduceKernels({
      label: k === last ? name : `${name}/${pass}`,
      layout,
      elements: { x: { type: wgslType(dtype), operand: input(0) } },
      each,
      reducer,
      targets: [{ type, operand, value: reducer.finish ?? "s" }],
      caps,
      partials: scratch(last),
    });
    dispatches.push(...step.dispatches);
    partialBytes = Math.max(partialBytes, step.partialBytes);
    each[pass] = { type, operand };
  }
  return { dispatches, scratch: [...steps.slice(1).map(() => 4 * layout.outputs), partialBytes] };
}

/** In loops of its own: a mistake of the kernels' layout is none of the reference. */
function reference<P extends ReductionParams, A extends readonly unknown[]>(
  { value, result }: Reduction<P, A>,
  { shape, dtype, data }: HostTensor,
  params: P,
): Float64Array {
  const kept = reducedShape(shape, params.axes, true);
  const [from, to] = [stridesOf(shape), broadcastStrides(kept, shape)];
  const elements = Array.from({ length: sizeOf(kept) }, (): number[] => []);
  for (const [i, x] of data.entries()) {
    elements[from.reduce((at, step, d) => at + (Math.floor(i / step) % shape[d]) * to[d], 0)].push(x);
  }
  return Float64Array.from(elements, (list) => wrapped(result ?? dtype, value(Float64Array.from(list), params)));
}

/**
 * Rounding of a sum of `n` standard normals. Sums of i of them are about √i, and with d additions above each of the n the
 * squares of what these sums may be off by add up to at most 2⁻⁴⁸ n d: its root, and four times that is never met.
 */
export const sumError = (n: number, runs = 1): number => 4 * 2 ** -24 * Math.sqrt(Math.max(1, n * sumDepth(n, runs)));

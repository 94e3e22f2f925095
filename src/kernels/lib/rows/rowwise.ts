// The rowwise preset: an op on each row along one dimension, giving a row or a value.
import { type DType, wgslType } from "../../../tensor/dtype.js";
import { DTypeError, ShapeError } from "../../../tensor/errors.js";
import type {
  Choose,
  HostTensor,
  Inputs,
  KernelContext,
  Op,
  Plan,
  Sample,
  SampleTensor,
  TensorInfo,
} from "../../../tensor/op.js";
import { formatShape, normalizeDim, type Shape, sameShape, sizeOf } from "../../../tensor/shape.js";
import type { Reducer } from "../reduce/fold.js";
import { input, output, type Uniform } from "../text/kernel.js";
import { type RowBuffer, type Rows, rowKernel } from "./rowKernel.js";

/** The parameter that every rowwise op has. */
export interface RowParams {
  /** The dimension along which rows lie, ≥ 0. */
  readonly dim: number;
}

/** A row of each input along `dim`, and the value of those with one a row. */
export type HostRow = Readonly<Record<string, Float64Array>>;

/** What a rowwise op declares; the rest of `Op` follows from it. */
export interface Rowwise<P extends RowParams, A extends readonly unknown[]>
  extends Pick<Op<P, A>, "name" | "doc" | "options" | "vjp" | "saves" | "tolerance" | "samples" | "errors"> {
  params(inputs: Inputs<TensorInfo>, ...args: A): P;
  /** Inputs in order: read along rows (f32, all of one shape), or with one value a row. */
  readonly inputs: Readonly<Record<string, "row" | "each">>;
  /** dtype of inputs that are not f32. */
  readonly dtypes?: Readonly<Record<string, DType>>;
  /** What the result is: a row, or one value a row (`dim` is then removed). */
  readonly result: "row" | "each";
  passes(params: P): Readonly<Record<string, Reducer>>;
  /** The result, in WGSL: of all passes, and for a row of the inputs at element `j`. */
  readonly value: string;
  readonly functions?: string;
  uniforms?(params: P): Readonly<Record<string, Uniform>>;
  /** The result in float64: a row (`length` values) or a single value. */
  reference(row: HostRow, params: P, length: number): ArrayLike<number>;
  /** Arithmetic operations an element, for benchmarks. */
  readonly flops: number;
}

/** Parameters of `x.op(dim = −1)`. */
export const dimParams =
  (op: string) =>
  ([x]: Inputs<TensorInfo>, dim = -1): RowParams => ({ dim: normalizeDim(op, dim, (x as TensorInfo).shape.length) });

/** A rowwise op from its passes. */
export function rowwise<P extends RowParams, A extends readonly unknown[]>(spec: Rowwise<P, A>): Op<P, A> {
  const names = Object.keys(spec.inputs);
  return {
    draw: (x, choose) => draw(spec, names, x, choose),
    ...spec,
    inputs: names,
    infer(inputs, params) {
      const shape = checkInputs(spec, names, inputs as readonly TensorInfo[], params.dim);
      return [{ shape: spec.result === "row" ? shape : without(shape, params.dim), dtype: "f32" }];
    },
    kernels: (context) => plan(spec, context),
    reference: (inputs, params) => [reference(spec, names, inputs as readonly HostTensor[], params)],
    cost: (inputs) => ({ flops: spec.flops * sizeOf(longest(spec, inputs as readonly TensorInfo[]).shape) }),
  };
}

const without = (shape: Shape, dim: number): number[] => shape.filter((_, d) => d !== dim);

/** Rows along any dimension of `x`, where that is the first input. */
function draw<P extends RowParams, A extends readonly unknown[]>(
  spec: Rowwise<P, A>,
  names: readonly string[],
  x: TensorInfo,
  choose: Choose,
): Sample | null {
  if (spec.inputs[names[0]] !== "row" || x.dtype !== "f32" || x.shape.length === 0) return null;
  const dim = choose(x.shape.length);
  const others = names.slice(1).map((name, i): SampleTensor => {
    const shape = spec.inputs[name] === "row" ? x.shape : without(x.shape, dim);
    const dtype = spec.dtypes?.[name] ?? "f32";
    // log-probabilities are not positive, which the tolerance relies on: in the range that the samples have
    const like = spec.samples[0].inputs[i + 1];
    return dtype === "f32" && like && "range" in like ? { shape, dtype, range: like.range } : { shape, dtype };
  });
  return { inputs: [x, ...others], args: [dim] };
}

/** An input that is read along rows. */
function longest<P extends RowParams, A extends readonly unknown[]>(
  { inputs: kinds }: Rowwise<P, A>,
  inputs: readonly TensorInfo[],
): TensorInfo {
  return inputs[Object.values(kinds).indexOf("row")];
}

/** The shape of the rows' inputs, once all inputs fit it. */
function checkInputs<P extends RowParams, A extends readonly unknown[]>(
  spec: Rowwise<P, A>,
  names: readonly string[],
  inputs: readonly TensorInfo[],
  dim: number,
): Shape {
  const { shape } = longest(spec, inputs);
  for (const [i, { shape: got, dtype }] of inputs.entries()) {
    const wanted = spec.dtypes?.[names[i]] ?? "f32";
    if (dtype !== wanted) throw new DTypeError(`${spec.name}: ${names[i]} is ${dtype}`, `cast it to ${wanted}`);
    const fits = spec.inputs[names[i]] === "row" ? shape : without(shape, dim);
    if (!sameShape(got, fits)) {
      throw new ShapeError(
        `${spec.name}: ${names[i]} is ${formatShape(got)}, not ${formatShape(fits)}`,
        `with rows along dim ${dim} of ${formatShape(shape)} it must be ${formatShape(fits)}`,
      );
    }
  }
  return shape;
}

/** `shape` with size 1 along `dim`: how one value a row meets the rows. */
export const keptShape = (shape: Shape, dim: number): number[] => shape.map((n, d) => (d === dim ? 1 : n));

/** The rows along `dim` of a tensor of `shape`. */
export function rowsOf(shape: Shape, dim: number): Rows {
  return { outer: sizeOf(shape.slice(0, dim)), length: shape[dim], inner: sizeOf(shape.slice(dim + 1)) };
}

function plan<P extends RowParams, A extends readonly unknown[]>(
  spec: Rowwise<P, A>,
  { inputs, params, caps }: KernelContext<P>,
): Plan {
  const infos = inputs as readonly TensorInfo[];
  const buffers = Object.entries(spec.inputs).map(([name, kind], i): [string, RowBuffer] => [
    name,
    { kind, type: wgslType(infos[i].dtype), operand: input(i) },
  ]);
  const call = {
    label: spec.name,
    rows: rowsOf(longest(spec, infos).shape, params.dim),
    inputs: Object.fromEntries(buffers),
    passes: spec.passes(params),
    outputs: { y: { kind: spec.result, type: "f32", operand: output(0), value: spec.value } },
    functions: spec.functions ?? "",
    uniforms: spec.uniforms?.(params) ?? {},
    caps,
  };
  return { dispatches: [rowKernel(call)] };
}

function reference<P extends RowParams, A extends readonly unknown[]>(
  spec: Rowwise<P, A>,
  names: readonly string[],
  inputs: readonly HostTensor[],
  params: P,
): Float64Array {
  const { outer, length, inner } = rowsOf(longest(spec, inputs).shape, params.dim);
  const out = new Float64Array(outer * inner * (spec.result === "row" ? length : 1));
  for (let r = 0; r < outer * inner; r++) {
    const start = Math.floor(r / inner) * inner * length + (r % inner);
    const at = (k: number) => start + k * inner;
    const row = names.map((name, i) => {
      const { data } = inputs[i];
      const values = spec.inputs[name] === "row" ? Float64Array.from({ length }, (_, k) => data[at(k)]) : [data[r]];
      return [name, Float64Array.from(values)];
    });
    const result = spec.reference(Object.fromEntries(row), params, length);
    for (let k = 0; k < result.length; k++) out[spec.result === "row" ? at(k) : r] = result[k];
  }
  return out;
}

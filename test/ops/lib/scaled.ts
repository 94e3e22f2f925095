// The samples of an op with some of their sizes made large: shapes only, for what needs no data.
import type { DType } from "../../../src/tensor/dtype.js";
import { ZeroSiamError } from "../../../src/tensor/errors.js";
import type { AnyOp, Inputs, SampleInput, TensorInfo } from "../../../src/tensor/op.js";

/** A call that the op's shape rule takes. */
export interface Call {
  readonly inputs: Inputs<TensorInfo>;
  readonly args: readonly unknown[];
  readonly params: unknown;
  readonly outputs: readonly TensorInfo[];
}

/** Every sample with every set of `count` sizes above 1, wherever they occur, replaced by `size`, as far as `infer` takes it. */
export function* scaledCalls(op: AnyOp, size: number, count = 1): Generator<Call> {
  for (const sample of op.samples) {
    const infos = sample.inputs.map(infoOf);
    const numbers = numbersIn([infos.map((t) => t?.shape), sample.args]).filter((n) => n > 1);
    for (const chosen of subsets([...new Set(numbers)], count)) {
      const scale = (n: number) => (chosen.includes(n) ? size : n);
      yield* accepted(op, infos, sample.args ?? [], scale);
      yield* accepted(op, infos, mapNumbers(sample.args ?? [], scale) as unknown[], scale);
    }
    yield* accepted(op, infos, sample.args ?? [], (n, d) => (d === 0 ? size : n));
  }
}

function* accepted(
  op: AnyOp,
  infos: Inputs<TensorInfo>,
  args: readonly unknown[],
  scale: (n: number, d: number) => number,
): Generator<Call> {
  const inputs = infos.map((t) => t && { ...t, shape: t.shape.map(scale) });
  const call = callOf(op, inputs, args);
  if (call) yield call;
}

/** The call, or null where the op refuses it. */
export function callOf(op: AnyOp, inputs: Inputs<TensorInfo>, args: readonly unknown[]): Call | null {
  try {
    const params = op.params?.(inputs, ...args);
    return { inputs, args, params, outputs: op.infer(inputs, params) };
  } catch (error) {
    if (error instanceof ZeroSiamError) return null;
    throw error;
  }
}

/** Shape and dtype of a sample's input. */
export function infoOf(input: SampleInput): TensorInfo | null {
  if (input === null) return null;
  const { shape, dtype = "f32" } = "shape" in input ? input : { shape: input };
  return { shape, dtype: dtype as DType };
}

function numbersIn(value: unknown): number[] {
  if (typeof value === "number") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}

function mapNumbers(value: unknown, f: (n: number) => number): unknown {
  if (typeof value === "number") return f(value);
  if (Array.isArray(value)) return value.map((part) => mapNumbers(part, f));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, mapNumbers(part, f)]));
}

function subsets(numbers: readonly number[], count: number): number[][] {
  if (count === 0) return [[]];
  return numbers.flatMap((n, i) => subsets(numbers.slice(i + 1), count - 1).map((rest) => [n, ...rest]));
}

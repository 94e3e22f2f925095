// The calls to time: made from the ops' declarations, so that a new op is timed without a word here.
import { OPS } from "../src/kernels/index.js";
import { BYTES } from "../src/tensor/dtype.js";
import { ConfigError } from "../src/tensor/errors.js";
import { closest } from "../src/tensor/names.js";
import type { AnyOp, Sample, SampleInput, SampleTensor, TensorInfo } from "../src/tensor/op.js";
import { formatShape, sizeOf } from "../src/tensor/shape.js";
import { sampleTensor } from "./inputs.js";

/** One call to time, and what it costs by its declaration. */
export interface BenchCase {
  readonly op: AnyOp;
  readonly sample: Sample;
  readonly work: string;
  readonly flops?: number;
  /** Moved at least: inputs read once and outputs written once, unless the op says otherwise; views move nothing. */
  readonly bytes: number;
  /** Whether backward goes through it. */
  readonly differentiable: boolean;
}

/** Beside the ops, what `bench NAME` knows: adaptation steps. */
export const STEPS = "step";

/** The ops of these names, all without any; and whether steps are among them. Throws ConfigError for a name of neither. */
export function selectWork(names: readonly string[]): { ops: readonly AnyOp[]; steps: boolean } {
  const known = new Set([...OPS.map(({ name }) => name), STEPS]);
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length > 0) {
    const [nearest] = closest(unknown[0], [...known]);
    throw new ConfigError(
      `bench: unknown: ${unknown.join(", ")}`,
      `did you mean ${nearest}? Known are ${[...known].sort().join(", ")}`,
    );
  }
  if (names.length === 0) return { ops: OPS, steps: true };
  return { ops: OPS.filter(({ name }) => names.includes(name)), steps: names.includes(STEPS) };
}

/** The call of `op` at side length `size`. Throws what the op throws when it does not take its own call. */
export function benchCase(op: AnyOp, size: number): BenchCase {
  const sample = op.bench?.(size) ?? grownSample(op, size);
  const infos = sample.inputs.map(infoOf);
  const params = op.params?.(infos, ...(sample.args ?? []));
  const outputs = op.infer(infos, params);
  const { flops, bytes } = op.cost?.(infos, params) ?? {};
  const moved = op.kernels ? bytesOf([...infos, ...outputs]) : 0;
  return {
    op,
    sample,
    work: describeCall(op, infos, sample.args),
    ...(flops !== undefined && { flops }),
    bytes: bytes ?? moved,
    differentiable: op.vjp !== undefined && !op.stops && outputs[0].dtype === "f32",
  };
}

/** The op's first sample, every dimension of its matrices and vectors made `size`; vectors alone become matrices. */
function grownSample({ samples: [{ inputs, args }] }: AnyOp, size: number): Sample {
  const specs = inputs.map((input) => input && sampleTensor(input));
  const rank = Math.max(...specs.map((spec) => spec?.shape.length ?? 0));
  const grow = ({ shape, dtype = "f32", range }: SampleTensor): SampleTensor => ({
    shape: shape.length === rank && rank === 1 ? [size, size] : shape.map(() => size),
    dtype,
    ...(range && { range }),
  });
  return { inputs: specs.map((spec) => spec && grow(spec)), ...(args && { args }) };
}

function infoOf(input: SampleInput): TensorInfo | null {
  if (input === null) return null;
  const { shape, dtype = "f32" } = sampleTensor(input);
  return { shape, dtype };
}

function bytesOf(infos: readonly (TensorInfo | null)[]): number {
  return infos.reduce((sum, info) => sum + (info ? sizeOf(info.shape) * BYTES : 0), 0);
}

/** `softmax [256, 256] (1)`. */
function describeCall({ name }: AnyOp, infos: readonly (TensorInfo | null)[], args: readonly unknown[] = []): string {
  const shapes = infos.map((info) => (info ? formatShape(info.shape) : "none"));
  const rest = args.length === 0 ? [] : [`(${args.map((arg) => JSON.stringify(arg)).join(", ")})`];
  return [name, ...shapes, ...rest].join(" ");
}

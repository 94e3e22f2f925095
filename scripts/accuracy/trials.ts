// What an op is tried on, from its declaration alone: bit patterns of all exponents and edges where each result depends
// on one element of each input; its samples redrawn, and the call that benchmarks time, for the others.
import { benchCase } from "../../bench/cases.js";
import { sampleTensor } from "../../bench/inputs.js";
import type { DType } from "../../src/tensor/dtype.js";
import type { AnyOp, HostTensor, Inputs, Sample, SampleTensor } from "../../src/tensor/op.js";
import { Rng, randomU32 } from "../../src/tensor/rng.js";
import { sizeOf } from "../../src/tensor/shape.js";
import { hostInputs } from "../../test/ops/lib/samples.js";

/** One call, with inputs exact in their dtypes. */
export interface Trial {
  readonly inputs: Inputs<HostTensor>;
  readonly args: readonly unknown[];
}

type Interval = readonly [lo: number, hi: number];

const CHUNK = 65_536;
/** Each sample is drawn so often before larger calls. */
const ROUNDS = 4;
/** Side lengths of larger calls: whole tiles, and one more than whole tiles. */
const SIZES = [16, 65, 257, 1024];
/** Arithmetic operations of a call that plain loops do in a second or so. */
const MOST_FLOPS = 2 ** 27;

/** Calls of `op` until `count` elements were tried, and the edges beside them. */
export function trials(op: AnyOp, count: number): Generator<Trial> {
  return op.domain ? elementwiseTrials(op, op.domain, count) : declaredTrials(op, count);
}

function* declaredTrials(op: AnyOp, count: number): Generator<Trial> {
  let elements = 0;
  let drawn = 0;
  const draw = (sample: Sample): Trial => {
    const trial = { inputs: hostInputs(op, sample, drawn++), args: sample.args ?? [] };
    elements += Math.max(...trial.inputs.map((input) => input?.data.length ?? 0), outputSize(op, trial));
    return trial;
  };
  for (let round = 0; round < ROUNDS; round++) for (const sample of op.samples) yield draw(sample);
  const larger = largerCalls(op);
  for (const sample of larger) if (elements < count) yield draw(sample);
  while (elements < count) yield draw(larger.at(-1) ?? benchCase(op, SIZES[0]).sample);
}

/** The call that benchmarks time, at several sizes. */
export function largerCalls(op: AnyOp): Sample[] {
  const cases = SIZES.map((size) => benchCase(op, size)).filter(({ flops = 0 }) => flops <= MOST_FLOPS);
  return cases.map(({ sample }) => sample);
}

function outputSize(op: AnyOp, { inputs, args }: Trial): number {
  const params = op.params?.(inputs, ...args);
  return Math.max(...op.infer(inputs, params).map(({ shape }) => sizeOf(shape)));
}

function* elementwiseTrials(op: AnyOp, domain: Readonly<Record<string, Interval>>, count: number): Generator<Trial> {
  const calls = distinctCalls(op);
  const floating = calls.filter(({ inputs }) => inputs.some(({ dtype }) => dtype === "f32"));
  for (const [i, { sample }] of calls.entries()) yield { inputs: hostInputs(op, sample, i), args: sample.args ?? [] };
  for (const { inputs, sample } of floating) {
    const args = sample.args ?? [];
    const rng = new Rng(0).fork(`${op.name} ${inputs.map(({ dtype }) => dtype)} ${args}`);
    const intervals = op.inputs.map((name) => domain[name]);
    const edges = inputs.map(({ dtype }, k) => (dtype === "f32" ? edgesIn(intervals[k]) : [0, 1]));
    yield { inputs: combinations(edges).map((data, k) => vector(inputs[k].dtype, data)), args };
    const size = Math.min(CHUNK, Math.ceil(count / floating.length));
    for (let done = 0; done < count / floating.length; done += size) {
      const chunk = rng.fork(done);
      const shared = randomU32(chunk.key, size);
      const drawn = inputs.map((input, k) => {
        const own = chunk.fork(op.inputs[k]);
        return input.dtype === "f32" ? floatsIn(intervals[k], own, shared) : othersLike(input, own, size);
      });
      yield { inputs: drawn.map((data, k) => vector(inputs[k].dtype, data)), args };
    }
  }
}

/** One sample for each choice of dtypes and arguments that the op's samples make. */
function distinctCalls(op: AnyOp): { sample: Sample; inputs: readonly (SampleTensor & { dtype: DType })[] }[] {
  const found = new Map<string, Sample>();
  const inputsOf = ({ inputs }: Sample) =>
    inputs.map((input) => ({ dtype: "f32" as const, ...sampleTensor(input ?? []) }));
  for (const sample of op.samples) {
    const key = `${inputsOf(sample).map(({ dtype }) => dtype)} ${(sample.args ?? []).map(String)}`;
    if (!found.has(key)) found.set(key, sample);
  }
  return [...found.values()].map((sample) => ({ sample, inputs: inputsOf(sample) }));
}

const vector = (dtype: DType, data: Float64Array): HostTensor => ({ shape: [data.length], dtype, data });

const MAX_F32 = 2 ** 128 - 2 ** 104;

/** Special values, neighbours of special points, and where functions overflow, underflow or change their formula. */
const EDGES = Float32Array.of(
  ...[0, 2 ** -149, 2 ** -126 - 2 ** -149, 2 ** -126, 1e-30, 2 ** -24, 0.5, 1 - 2 ** -24, 1, 1 + 2 ** -23, 1.5],
  ...[Math.PI / 2, 2, 2.5, 3, Math.PI, 10, 87.3, 88.7, 88.8, 103.9, 104.1, 2 ** 23 - 0.5, 2 ** 23, 2 ** 24 + 2],
  ...[2 ** 31, 2 ** 32, 2 ** 126, MAX_F32, Number.POSITIVE_INFINITY],
);

/** Edges of both signs within the interval; NaN and the infinities where it has all numbers. */
function edgesIn([lo, hi]: Interval): number[] {
  const all = lo <= -MAX_F32 && hi >= MAX_F32;
  const inside = (x: number) => (Number.isFinite(x) ? x >= lo && x <= hi : all);
  return [Number.NaN, ...[...EDGES].flatMap((x) => [x, -x]), lo, hi].map(Math.fround).filter(inside);
}

/** All combinations of one value from each list, as columns. */
function combinations(lists: readonly (readonly number[])[]): Float64Array[] {
  const total = lists.reduce((n, list) => n * list.length, 1);
  let stride = total;
  return lists.map((list) => {
    stride /= list.length;
    return Float64Array.from({ length: total }, (_, i) => list[Math.floor(i / stride) % list.length]);
  });
}

/**
 * f32 of either sign in the interval: every other one with an exponent of all that are normal, the rest between 2⁻¹⁰
 * and 2¹¹, where functions bend; one in eight whole. In every other pair the exponents of operands, which come from
 * `shared`, are at most two apart. What lies outside is drawn again, evenly over the interval.
 */
function floatsIn([lo, hi]: Interval, rng: Rng, shared: Uint32Array): Float64Array {
  const bits = randomU32(rng.fork("bits").key, shared.length);
  const own = randomU32(rng.fork("exponents").key, shared.length);
  const value = new Float32Array(1);
  const word = new Uint32Array(value.buffer);
  return Float64Array.from(shared, (common, i) => {
    const together = (i & 2) === 2;
    const draw = together ? common : own[i];
    const exponent = ((i & 1) === 1 ? 1 + (draw % 254) : 117 + (draw % 21)) + (together ? (own[i] % 5) - 2 : 0);
    word[0] = (bits[i] & 0x807fffff) | (Math.max(1, Math.min(254, exponent)) << 23);
    const x = i % 8 === 7 ? Math.round(value[0]) : value[0];
    return x >= lo && x <= hi ? x : Math.fround(lo + (hi - lo) * ((bits[i] >>> 8) / 2 ** 24));
  });
}

/** Integers and bools as the sample has them. */
function othersLike({ dtype, range }: SampleTensor & { dtype: DType }, rng: Rng, size: number): Float64Array {
  const [lo, hi] = range ?? (dtype === "bool" ? [0, 2] : [0, 10]);
  return Float64Array.from({ length: size }, () => lo + rng.int(hi - lo));
}

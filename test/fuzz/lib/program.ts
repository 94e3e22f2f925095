// Programs of random ops. Each op says by `draw` which calls fit a value at hand; what fast-check makes and shrinks is plain
// numbers, and `build` makes a valid program of any of them: fewer and smaller numbers, a shorter and plainer program.
import fc from "fast-check";
import { OPS } from "../../../src/kernels/index.js";
import { type DType, type Rng, type Shape, sizeOf } from "../../../src/tensor/index.js";
import type { AnyOp, Choose, HostTensor, Inputs, Sample, SampleInput, TensorInfo } from "../../../src/tensor/op.js";
import { type Filling, fill } from "./fill.js";

/** What fast-check draws. */
export interface Draft {
  readonly shape: Shape;
  readonly seed: number;
  readonly steps: readonly StepDraft[];
}

interface StepDraft {
  readonly op: AnyOp;
  /** How far back the first input lies. */
  readonly from: number;
  readonly choices: readonly number[];
}

/** A tensor of the program: given, or output `output` of a step. */
export interface Value extends HostTensor {
  readonly name: string;
  readonly filling?: Filling;
  readonly output: number;
}

/** One call. Inputs and outputs are values of the program, by number. */
export interface Step {
  readonly op: AnyOp;
  readonly inputs: readonly (number | null)[];
  readonly args: readonly unknown[];
  readonly params: unknown;
  readonly outputs: readonly number[];
}

/** Values in the order in which they come to be, each with what the references give in float64. */
export interface Program {
  readonly values: readonly Value[];
  readonly steps: readonly Step[];
}

/** The first result of the last step. */
export const lastOf = ({ steps }: Program): number => steps.at(-1)?.outputs[0] ?? 0;

const MAX_STEPS = 8;
const MAX_RANK = 5;
const MAX_START = 2048; // elements
const MAX_SIZE = 8192;
const MAX_FLOPS = 2e6; // the references are plain loops
// Larger values overflow inside ops whose result does not, as a variance's squares do: they are beyond what ops promise.
// Integers wrap, the references do not.
const LIMITS: Record<DType, readonly [least: number, most: number]> = {
  f32: [-(2 ** 40), 2 ** 40],
  i32: [-(2 ** 31), 2 ** 31 - 1],
  u32: [0, 2 ** 32 - 1],
  bool: [0, 1],
};

const sizes = fc.constantFrom(3, 1, 0, 5, 7, 65, 257);
const shapes = fc.array(sizes, { maxLength: MAX_RANK }).map(bounded);
const choices = fc.array(fc.nat(59), { maxLength: 16 });
const steps = fc.record({ op: fc.constantFrom(...OPS), from: fc.nat(MAX_STEPS), choices });

/** Drafts of programs of up to 8 ops, rank 0 to 5, sizes 0, 1, small odd ones, 65 and 257. */
export const drafts: fc.Arbitrary<Draft> = fc.record({
  shape: shapes,
  seed: fc.nat(2 ** 16),
  steps: fc.array(steps, { minLength: 1, maxLength: MAX_STEPS, size: "max" }),
});

/** `shape` with its largest sizes made 3, then 1, until it has few enough elements. */
function bounded(shape: Shape): Shape {
  const small = [...shape];
  while (extent(small) > MAX_START) {
    const largest = Math.max(...small);
    small[small.indexOf(largest)] = largest > 3 ? 3 : 1;
  }
  return small;
}

/** The program of a draft. Steps that would leave the domain of the comparison are left out. */
export function build({ shape, seed, steps }: Draft): Program {
  const builder = new Builder(seed);
  builder.begin({ shape, dtype: "f32" });
  for (const step of steps) builder.add(step);
  return { values: builder.values, steps: builder.steps };
}

class Builder {
  readonly values: Value[] = [];
  readonly steps: Step[] = [];
  readonly #seed: number;
  #fillings = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  begin(info: TensorInfo): void {
    this.values.push(this.#fresh(info, 0));
  }

  /** Adds the step on the first value, counted back from `from`, that its op takes; else a call of the op's samples. */
  add({ op, from, choices }: StepDraft): void {
    const known = this.values.length;
    for (let back = 0; back < known; back++) {
      const first = known - 1 - ((from + back) % known);
      const { shape, dtype } = this.values[first];
      const choose = chooser(choices);
      const call = op.draw?.({ shape, dtype }, choose);
      if (call && this.#call(op, call, first, choose)) return;
    }
    const choose = chooser(choices);
    this.#call(op, op.samples[choose(op.samples.length)], null, choose);
  }

  /** Appends the call; false, and nothing changed, where its results are too large or not comparable. */
  #call(op: AnyOp, { inputs, args = [] }: Sample, first: number | null, choose: Choose): boolean {
    const fresh: Value[] = [];
    const numbers = inputs.map((input, i) => {
      if (input === null) return null;
      if (i === 0 && first !== null) return first;
      const found = this.#find(input, choose);
      if (found >= 0) return found;
      fresh.push(this.#fresh(input, fresh.length));
      return this.values.length + fresh.length - 1;
    });
    if (numbers.some((n) => n !== null && n < this.values.length && !isComparable(this.values[n], false))) return false;
    const values = [...this.values, ...fresh];
    const hosts = numbers.map((n) => (n === null ? null : values[n]));
    const params = op.params?.(hosts, ...args);
    const infos = op.infer(hosts, params);
    if (tooLarge(op, hosts, infos, params)) return false;
    const results = op.reference(hosts, params);
    const finite = hosts.every((host) => !host || host.data.every(Number.isFinite)) && choose(8) !== 7;
    if (!results.every((data, k) => isComparable({ ...infos[k], data }, finite))) return false;
    const outputs = infos.map((_, k) => values.length + k);
    for (const [k, { shape, dtype }] of infos.entries()) {
      values.push({ shape, dtype, data: results[k], name: nameOf(values.length), output: k });
    }
    this.values.splice(0, this.values.length, ...values);
    this.steps.push({ op, inputs: numbers, args, params, outputs });
    this.#fillings += fresh.length;
    return true;
  }

  /** A value that can stand for `input`, or −1 where a fresh one shall be made. */
  #find(input: SampleInput, choose: Choose): number {
    const { shape, dtype = "f32", range, values } = normalize(input);
    if (range || values || choose(3) === 2) return -1;
    return this.values.findLastIndex((v) => v.dtype === dtype && v.shape.join() === shape.join());
  }

  #fresh(input: SampleInput, k: number): Value {
    const filling = { dtype: "f32" as DType, ...normalize(input), seed: this.#seed + this.#fillings + k };
    const { shape, dtype } = filling;
    return { shape, dtype, data: fill(filling), name: nameOf(this.values.length + k), filling, output: 0 };
  }
}

const normalize = (input: SampleInput) =>
  Array.isArray(input) ? { shape: input as Shape } : (input as Exclude<SampleInput, Shape | null>);

/** a, b, …, z, a1, … */
const nameOf = (i: number): string => `${String.fromCharCode(97 + (i % 26))}${i < 26 ? "" : Math.floor(i / 26)}`;

function chooser(choices: readonly number[]): Choose {
  let next = 0;
  return (n) => (choices[next++] ?? 0) % n;
}

/** Elements, but a size of 0 counts as 1: the references go over all the rows of nothing that [257, 257, 257, 0] has. */
const extent = (shape: Shape): number => sizeOf(shape.map((n) => Math.max(n, 1)));

function tooLarge(op: AnyOp, inputs: Inputs<TensorInfo>, outputs: readonly TensorInfo[], params: unknown): boolean {
  const all = [...inputs, ...outputs];
  return (
    all.some((t) => t && (extent(t.shape) > MAX_SIZE || t.shape.length > MAX_RANK)) ||
    flops(op, inputs, params) > MAX_FLOPS
  );
}

const flops = (op: AnyOp, inputs: Inputs<TensorInfo>, params: unknown): number => op.cost?.(inputs, params).flops ?? 0;

/** Whether the device can hold the values: of normal size, or 0, or (unless `finite` is asked for) NaN or infinite. */
function isComparable({ data, dtype }: HostTensor, finite: boolean): boolean {
  const [least, most] = LIMITS[dtype];
  return data.every((v) => (v >= least && v <= most) || (!finite && dtype === "f32" && !Number.isFinite(v)));
}

/** Normals for a result of `shape`: the gradient to start from, and directions. */
export const normals = (shape: Shape, rng: Rng): Float64Array =>
  Float64Array.from({ length: sizeOf(shape) }, () => Math.fround(rng.normal()));

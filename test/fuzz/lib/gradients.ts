// The gradient of a whole program on the device against differences of the same program in float64.
//
// How far may it be? Rounding happens on the way there and on the way back.
// There: the float64 program is run again with each value that a step gives multiplied by 1 + δ, δ at random up to what the
// op may be off by, and each tensor given by a few ULP: where e^x for x = 10,000 changes with its last bit, so does the slope.
// Its derivative moves as rounding moves the device's; a few such runs tell the size, of which FACTOR times
// is allowed. It grows with the condition of the program: a difference of large numbers loses more than a product does.
// Back: each vjp is a chain of a few ops about as exact as its own op, `abs` being for gradients of order 1. An error e in the
// gradient by a value changes the slope along a direction by e · (how the value moves along it), which the differences tell.
import { Rng } from "../../../src/tensor/index.js";
import type { HostTensor, Tolerance } from "../../../src/tensor/op.js";
import type { Run } from "./device.js";
import { lastOf, normals, type Program, type Step } from "./program.js";

const EPSILON = 2 ** -23;
const STEP = 1e-4;
const TRIALS = 4;
const FACTOR = 8;

/** The derivative along a direction by both ways, and how far they may be apart. */
export interface Slope {
  readonly analytic: number;
  readonly numeric: number;
  readonly allowed: number;
}

/** The gradient to start from; null where the last result has none or the program leaves the finite numbers. */
export function weightsOf(program: Program): Float64Array | null {
  const last = program.values[lastOf(program)];
  const finite = program.values.every(({ data }) => data.every(Number.isFinite));
  return last.dtype === "f32" && finite ? normals(last.shape, new Rng(2)) : null;
}

/** The slope of Σ weights · result along a random direction through the tensors given; null at a kink, or where it cannot be told. */
export function slopeOf(program: Program, weights: Float64Array, run: Run): Slope | null {
  const { gradients } = run;
  if (!gradients) return null;
  const directions = directionsOf(program, gradients);
  const valuesAt = (t: number, noise?: Noise) => evaluate(program, run.constants, directions, t, noise);
  const lossOf = (values: readonly Float64Array[]) => dot(weights, values[lastOf(program)]);
  const [wide, narrow] = [STEP, STEP / 2].map((h) => {
    const [before, at, after] = [-h, 0, h].map((t) => valuesAt(t));
    const [a, b, c] = [before, at, after].map(lossOf);
    const tangents = after.map((v, n) => v.map((x, i) => (x - before[n][i]) / (2 * h)));
    return { slope: (c - a) / (2 * h), bend: (c - 2 * b + a) / h, size: Math.abs(a) + Math.abs(c), tangents };
  });
  const disturbed = Array.from({ length: TRIALS }, (_, trial) => {
    const [before, after] = [-STEP / 2, STEP / 2].map((t) => lossOf(valuesAt(t, roundings(program, trial))));
    return (after - before) / STEP;
  });
  const there = FACTOR * Math.max(...disturbed.map((other) => Math.abs(other - narrow.slope)));
  const host = (16 * Number.EPSILON * wide.size) / STEP;
  const allowed = there + back(program, gradients, narrow.tangents) + host;
  // Two step sizes disagree about the slope where a kink lies between them, and about the change of slope where it is right
  // here: halving the step halves that of a smooth function, but not that of a kink. NaN compares false: no derivative there.
  const error = Math.abs(wide.slope - narrow.slope);
  const isSmooth = error <= allowed && Math.abs(wide.bend - 2 * narrow.bend) <= allowed;
  // A cosine of 10⁹ goes round many times within a step: then halving the step changes what each element does as a whole.
  const sizeOf = (v: Float64Array) => dot(weights.map(Math.abs), v.map(Math.abs));
  const [far, near] = [wide, narrow].map(({ tangents }) => tangents[lastOf(program)]);
  const isResolved = sizeOf(far.map((v, i) => v - near[i])) <= Math.max(host, sizeOf(near) / 2);
  const analytic = [...directions].reduce((sum, [n, d]) => sum + dot(gradients.get(n) as Float64Array, d), 0);
  return isSmooth && isResolved ? { analytic, numeric: narrow.slope, allowed: allowed + error } : null;
}

/** A random direction through the tensors given that have a gradient. */
function directionsOf({ values }: Program, gradients: ReadonlyMap<number, Float64Array>): Map<number, Float64Array> {
  const rng = new Rng(3);
  const given = [...gradients.keys()].filter((n) => values[n].filling);
  return new Map(given.map((n) => [n, normals(values[n].shape, rng)]));
}

/** What the rounding of all gradients may add up to along the direction in which values move by `tangents`. */
function back(
  { values, steps }: Program,
  gradients: ReadonlyMap<number, Float64Array>,
  tangents: readonly Float64Array[],
): number {
  let sum = 0;
  for (const step of steps) {
    const { ulp, abs } = toleranceOf(step, values);
    const largest = Math.max(0, ...(gradients.get(step.outputs[0]) ?? []).map(Math.abs));
    for (const n of step.inputs) {
      const gradient = n === null ? undefined : gradients.get(n);
      if (n === null || !gradient) continue;
      const error = (g: number) => FACTOR * (abs * largest + (8 + ulp) * EPSILON * Math.abs(g));
      sum += dot(gradient.map(error), tangents[n].map(Math.abs));
    }
  }
  return sum;
}

const toleranceOf = ({ op, inputs, params }: Step, values: readonly HostTensor[]): Tolerance =>
  op.tolerance(
    inputs.map((n) => (n === null ? null : values[n])),
    params,
  );

/** What is done to the f32 result of a step, and to a tensor given, whose `step` is below 0. */
type Noise = (step: number, data: Float64Array) => Float64Array;

/** Rounding as in run `trial` of a program: the same at every point, so that there is a derivative. */
function roundings({ steps, values }: Program, trial: number): Noise {
  return (k, data) => {
    const { ulp, abs } = k < 0 ? { ulp: 0, abs: 0 } : toleranceOf(steps[k], values);
    const rng = new Rng(4).fork(`${trial} ${k}`);
    const amount = () => 2 * rng.uniform() - 1;
    return data.map((v) => v * (1 + (8 + ulp) * EPSILON * amount()) + abs * amount());
  };
}

/** All values in float64, the tensors given moved by `t` along their directions. What has no derivative stays as in `program`. */
function evaluate(
  program: Program,
  constants: ReadonlySet<string>,
  directions: ReadonlyMap<number, Float64Array>,
  t: number,
  noise: Noise = (_, data) => data,
): Float64Array[] {
  const values = program.values.map(({ data, filling, dtype }, n) => {
    const d = directions.get(n);
    const moved = d ? data.map((v, i) => v + t * d[i]) : data;
    return filling && dtype === "f32" ? noise(-1 - n, moved) : moved;
  });
  for (const [k, { op, inputs, params, outputs }] of program.steps.entries()) {
    const hosts = inputs.map((n, i) => {
      if (n === null) return null;
      const value = program.values[n];
      return constants.has(`${k} ${i}`) ? value : { ...value, data: values[n] };
    });
    const [first] = op.reference(hosts, params); // only this one carries a gradient
    values[outputs[0]] = program.values[outputs[0]].dtype === "f32" ? noise(k, first) : first;
  }
  return values;
}

/** Σ a·b. */
const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, v, i) => sum + v * b[i], 0);

// Directional derivatives: what an op's vjp gives on the device, and differences of its float64 reference.
import { inputName } from "../../../src/tensor/autograd.js";
import { type Device, GradError, grad, scope, type Tensor, tensor, zeros } from "../../../src/tensor/index.js";
import type { AnyOp, HostTensor, Inputs, Sample, Tolerance } from "../../../src/tensor/op.js";
import { Rng } from "../../../src/tensor/rng.js";
import { apply } from "../../../src/tensor/run.js";
import type { Check } from "./check.js";
import { describeSample, hostInputs, hostNormals, isSmooth, upload } from "./samples.js";

/** The derivative of Σ y·w along a direction by both ways, and how far they may be apart. */
interface Slope {
  readonly analytic: number;
  readonly numeric: number;
  readonly allowed: number;
}

const DIRECTIONS = 3;
// The reference is float64: with h = 1e-4 a first difference is off by h²/6 of the third derivative, a second one by h²/6
// of the fourth; both far below the f32 error of the device.
const STEP = 1e-4;

/** A sample on the host: its inputs, the weights w, and what the reference makes of it. */
class Case {
  readonly hosts: Inputs<HostTensor>;
  readonly weights: Float64Array;
  readonly tolerance: Tolerance;
  /** Whether the reference has a value to differentiate at all. */
  readonly finite: boolean;
  /** How far the host's own arithmetic may move a difference of losses: a few roundings of Σ |y·w|. */
  readonly rounding: number;
  readonly #rng: Rng;
  readonly #reference: (inputs: Inputs<HostTensor>) => Float64Array;

  constructor(
    readonly op: AnyOp,
    readonly sample: Sample,
    index: number,
  ) {
    this.#rng = new Rng(1).fork(`${op.name} ${index}`);
    this.hosts = hostInputs(op, sample, index);
    const params = op.params?.(this.hosts, ...(sample.args ?? []));
    this.tolerance = op.tolerance(this.hosts, params);
    this.#reference = (inputs) => op.reference(inputs, params)[0];
    const result = this.#reference(this.hosts);
    this.finite = result.length === 0 || result.some(Number.isFinite);
    // where the result is NaN or infinite by design there is no derivative: left out by a weight of 0
    const [{ shape }] = op.infer(this.hosts, params);
    this.weights = hostNormals(shape, this.#rng).map((w, i) => (Number.isFinite(result[i]) ? w : 0));
    this.rounding = 16 * Number.EPSILON * (1 + dot(result.map(Math.abs), this.weights.map(Math.abs)));
  }

  /** A random direction through the inputs that have a gradient. */
  direction(gradients: readonly (Float64Array | null)[]): (Float64Array | null)[] {
    return this.hosts.map((host, i) => (host && gradients[i] ? hostNormals(host.shape, this.#rng) : null));
  }

  /** Σ y·w at the inputs moved by multiples of STEP along directions. */
  lossAt(...moves: readonly (readonly [number, readonly (Float64Array | null)[]])[]): number {
    const inputs = this.hosts.map((host, k) => {
      if (!host) return null;
      const data = host.data.map((v, i) => moves.reduce((x, [by, d]) => x + by * STEP * (d[k]?.[i] ?? 0), v));
      return { ...host, data };
    });
    return dot(this.#reference(inputs), this.weights);
  }
}

/** Checks of the vjp of `op`, and of the vjp of the vjp, on its smooth samples. */
export function derivativeChecks(op: AnyOp): Check[] {
  if (!op.vjp) return [];
  const smooth = op.samples.flatMap((sample, i) => (isDifferentiable(op, sample, i) ? [new Case(op, sample, i)] : []));
  const first = smooth.map((at) => ({
    title: `the derivative at ${describeSample(at.sample)}`,
    run: (device: Device) => firstFailures(at, device),
  }));
  const second = smooth.slice(0, 2).map((at) => ({
    title: `the derivative of the derivative at ${describeSample(at.sample)}`,
    run: (device: Device) => secondFailures(at, device),
  }));
  return [...first, ...second];
}

/** Whether the first output is f32, made from f32 and finite somewhere: integers have no derivative. */
function isDifferentiable(op: AnyOp, sample: Sample, i: number): boolean {
  if (!sample.inputs.every(isSmooth)) return false;
  const hosts = hostInputs(op, sample, i);
  const [output] = op.infer(hosts, op.params?.(hosts, ...(sample.args ?? [])));
  return output.dtype === "f32" && hosts.some((host) => host?.dtype === "f32");
}

/** First derivatives in random directions through all inputs that have a gradient. */
async function firstFailures(at: Case, device: Device): Promise<string[]> {
  if (!at.finite) return [];
  const gradients = await firstGradients(at, device);
  return Array.from({ length: DIRECTIONS }, () => {
    const d = at.direction(gradients);
    const numeric = (at.lossAt([1, d]) - at.lossAt([-1, d])) / (2 * STEP);
    return slope(gradients, d, numeric, allowance(at.tolerance, 8), at.rounding / (2 * STEP));
  }).flatMap(tooFar);
}

/**
 * A second derivative along two random directions, by the vjp of the vjp. None where that meets an op without a
 * derivative: gradients that are ops of their own need not have one.
 */
async function secondFailures(at: Case, device: Device): Promise<string[]> {
  if (!at.finite) return [];
  const first = at.direction(await firstGradients(at, device));
  const gradients = await secondGradients(at, first, device);
  if (!gradients) return [];
  const second = at.direction(gradients);
  const corner = (a: number, b: number) => at.lossAt([a, first], [b, second]);
  const numeric = (corner(1, 1) - corner(1, -1) - corner(-1, 1) + corner(-1, -1)) / (4 * STEP * STEP);
  return tooFar(slope(gradients, second, numeric, allowance(at.tolerance, 64), at.rounding / (4 * STEP * STEP)));
}

function tooFar({ analytic, numeric, allowed }: Slope): string[] {
  if (Math.abs(analytic - numeric) <= allowed) return [];
  return [`vjp gives ${analytic}, differences of the reference ${numeric}, ${allowed} allowed`];
}

function slope(
  gradients: readonly (Float64Array | null)[],
  direction: readonly (Float64Array | null)[],
  numeric: number,
  allowed: (gradient: number) => number,
  noise: number,
): Slope {
  const pairs = gradients.flatMap((g, i) =>
    [...(g ?? [])].map((v, j): [number, number] => [v, direction[i]?.[j] ?? 0]),
  );
  return {
    analytic: pairs.reduce((sum, [g, d]) => sum + g * d, 0),
    numeric: pairs.length > 0 ? numeric : 0, // else there is nowhere to go
    allowed: pairs.reduce((sum, [g, d]) => sum + Math.abs(d) * allowed(g), noise),
  };
}

/**
 * A vjp is a chain of a few ops, each about as exact as this one: `links` times its absolute and relative error for each
 * element, and 8 ULP for each link. A wrong term is off by far more than that.
 */
const allowance =
  ({ ulp, abs }: Tolerance, links: number) =>
  (gradient: number) =>
    links * (abs + (8 + ulp) * 2 ** -23 * Math.abs(gradient));

/** Gradients of Σ y·w by input; null for one that is not float or that the op declares constant. */
function firstGradients(at: Case, device: Device): Promise<(Float64Array | null)[]> {
  return read(at, device, ({ inputs, leaves, weights }) => {
    const [y] = apply(at.op, inputs, at.sample.args ?? []);
    const gradients = grad(y, leaves, { gradient: weights });
    return inputs.map((t) => (t && leaves.includes(t) ? gradients[leaves.indexOf(t)] : null));
  });
}

/** Gradients of the derivative of Σ y·w along `direction`; null where it meets an op without a derivative. */
async function secondGradients(
  at: Case,
  direction: readonly (Float64Array | null)[],
  device: Device,
): Promise<(Float64Array | null)[] | null> {
  try {
    return await read(at, device, ({ inputs, leaves, weights }) => {
      const [y] = apply(at.op, inputs, at.sample.args ?? []);
      const gradients = grad(y, leaves, { gradient: weights, createGraph: true });
      const terms = inputs.flatMap((t, i) => {
        const d = direction[i];
        if (!t || !d) return [];
        return [gradients[leaves.indexOf(t)].mul(tensor(Float32Array.from(d), t.shape, { device })).sum()];
      });
      const along = terms.length > 0 ? terms.reduce((a, b) => a.add(b)) : null;
      const constant = !along?.node; // as where the op is linear
      const second = constant ? leaves.map((t) => zeros(t.shape, { device })) : grad(along, leaves);
      return inputs.map((t, i) => (t && direction[i] ? second[leaves.indexOf(t)] : null));
    });
  } catch (error) {
    if (error instanceof GradError && error.message.includes("has no derivative")) return null;
    throw error;
  }
}

interface OnDevice {
  readonly inputs: Inputs<Tensor>;
  /** The f32 inputs that have gradients, zero where the vjp gives null. */
  readonly leaves: readonly Tensor[];
  readonly weights: Tensor;
}

/** Uploads the case, runs `fn` and reads the tensors that it returns. */
async function read(
  at: Case,
  device: Device,
  fn: (on: OnDevice) => readonly (Tensor | null)[],
): Promise<(Float64Array | null)[]> {
  const tensors = scope(() => {
    const inputs = at.hosts.map((host) => host && upload(host, device));
    const leaves = inputs.filter(
      (t, i): t is Tensor => t?.dtype === "f32" && !at.op.constants?.includes(inputName(at.op.inputs, i)),
    );
    for (const leaf of leaves) leaf.setRequiresGrad(true);
    const [{ shape }] = at.op.infer(at.hosts, at.op.params?.(at.hosts, ...(at.sample.args ?? [])));
    const weights = tensor(Float32Array.from(at.weights), shape, { device });
    return fn({ inputs, leaves, weights });
  });
  const data = await Promise.all(tensors.map(async (t) => t && Float64Array.from(await t.data())));
  for (const t of tensors) t?.dispose();
  return data;
}

/** Σ a·b where b is not 0. */
function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) if (b[i] !== 0) sum += a[i] * b[i];
  return sum;
}

// A sample on the host, as the checks of derivatives take it: a loss Σ y·w of the float64 reference, anywhere near it.
import type { AnyOp, HostTensor, Inputs, Sample, TensorInfo, Tolerance } from "../../../src/tensor/op.js";
import { Rng } from "../../../src/tensor/rng.js";
import { hostInputs, hostNormals } from "./samples.js";

/** A value for each element of each input, or null where an input has none. */
export type PerInput<T extends Float32Array | Float64Array> = readonly (T | null)[];

/**
 * Length of a step. The reference is float64: with h = 1e-4 a first difference is off by h²/6 of the third derivative, a
 * second one by h²/6 of the fourth; both far below the f32 error of the device.
 */
export const STEP = 1e-4;

export class Probe {
  readonly hosts: Inputs<HostTensor>;
  readonly output: TensorInfo;
  /** What the reference makes of the sample. */
  readonly result: Float64Array;
  /** The weights w: standard normals. */
  readonly weights: Float64Array;
  readonly tolerance: Tolerance;
  readonly #rng: Rng;
  readonly #params: unknown;

  constructor(
    readonly op: AnyOp,
    readonly sample: Sample,
    index: number,
  ) {
    this.#rng = new Rng(1).fork(`${op.name} ${index}`);
    this.hosts = hostInputs(op, sample, index);
    this.#params = op.params?.(this.hosts, ...(sample.args ?? []));
    this.tolerance = op.tolerance(this.hosts, this.#params);
    this.output = op.infer(this.hosts, this.#params)[0];
    this.result = op.reference(this.hosts, this.#params)[0];
    // where the result is NaN or infinite by design there is no derivative: left out by a weight of 0
    this.weights = hostNormals(this.output.shape, this.#rng).map((w, i) => (Number.isFinite(this.result[i]) ? w : 0));
  }

  /** How many f32 tensors go in. */
  get floatCount(): number {
    return this.hosts.filter((host) => host?.dtype === "f32").length;
  }

  /** How many f32 values go in. */
  get floatInputs(): number {
    return this.hosts.reduce((n, host) => n + (host?.dtype === "f32" ? host.data.length : 0), 0);
  }

  /** A random direction through the inputs that have a gradient. */
  direction(gradients: PerInput<Float32Array>): PerInput<Float64Array> {
    return this.hosts.map((host, i) => (host && gradients[i] ? hostNormals(host.shape, this.#rng) : null));
  }

  /** The reference at the inputs moved by multiples of STEP along directions. */
  at(...moves: readonly (readonly [number, PerInput<Float64Array>])[]): Float64Array {
    const inputs = this.hosts.map((host, k) => {
      if (!host) return null;
      const data = host.data.map((v, i) => moves.reduce((x, [by, d]) => x + by * STEP * (d[k]?.[i] ?? 0), v));
      return { ...host, data };
    });
    return this.op.reference(inputs, this.#params)[0];
  }

  /** Σ y·w there. */
  lossAt(...moves: readonly (readonly [number, PerInput<Float64Array>])[]): number {
    return dot(this.at(...moves), this.weights);
  }

  /**
   * How far an element of a gradient may be off. A vjp is a chain of a few ops, each about as exact as this one: `links`
   * times its absolute and relative error, and 8 ULP for each link. A wrong term is off by far more than that.
   */
  allowed(gradient: number, links: number): number {
    const { ulp, abs } = this.tolerance;
    return links * (abs + (8 + ulp) * 2 ** -23 * Math.abs(gradient));
  }

  /** How far the host's own arithmetic may move a difference of losses: a few roundings of Σ |y·w|. */
  get rounding(): number {
    return 16 * Number.EPSILON * (1 + dot(this.result.map(Math.abs), this.weights.map(Math.abs)));
  }
}

/** Σ a·b where b is not 0. */
function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) if (b[i] !== 0) sum += a[i] * b[i];
  return sum;
}

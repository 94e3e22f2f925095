// Directional derivatives: what an op's vjp gives on the device, and central differences of its float64 reference.
import { type Device, grad, type Tensor, tensor } from "../../../src/tensor/index.js";
import type { AnyOp, HostTensor, Inputs, Sample, Tolerance } from "../../../src/tensor/op.js";
import { Rng } from "../../../src/tensor/rng.js";
import { apply } from "../../../src/tensor/run.js";
import { hostInputs, hostNormals, upload } from "./samples.js";

/** One direction: the derivative of Σ y·w along it by both ways, and how far they may be apart. */
export interface Slope {
  readonly analytic: number;
  readonly numeric: number;
  readonly allowed: number;
}

const DIRECTIONS = 3;
// The reference is float64: with h = 1e-4 the difference is off by h²/6 of the third derivative and 1e-12 of rounding,
// both far below the f32 error of the device.
const STEP = 1e-4;

/** Compares both ways for sample `index` of `op` in random directions through all inputs that have a gradient. */
export async function slopes(op: AnyOp, sample: Sample, index: number, device: Device): Promise<Slope[]> {
  const rng = new Rng(1).fork(`${op.name} ${index}`);
  const hosts = hostInputs(op, sample, index);
  const params = op.params?.(hosts, ...(sample.args ?? []));
  const [output] = op.infer(hosts, params);
  // where the result is NaN or infinite by design there is no derivative: left out by a weight of 0
  const result = op.reference(hosts, params)[0];
  if (result.length > 0 && !result.some(Number.isFinite)) return [];
  const weights = hostNormals(output.shape, rng).map((w, i) => (Number.isFinite(result[i]) ? w : 0));
  const gradients = await deviceGradients(op, sample, hosts, weights, device);
  const tolerance = op.tolerance(hosts, params);
  const loss = (inputs: Inputs<HostTensor>) => dot(op.reference(inputs, params)[0], weights);
  return Array.from({ length: DIRECTIONS }, () => {
    const direction = hosts.map((host, i) => (host && gradients[i] ? hostNormals(host.shape, rng) : null));
    const ahead = loss(hosts.map((host, i) => moved(host, direction[i], STEP)));
    const behind = loss(hosts.map((host, i) => moved(host, direction[i], -STEP)));
    const pairs = gradients.flatMap((g, i) => (g ? [{ g, d: direction[i] as Float64Array }] : []));
    return {
      analytic: pairs.reduce((sum, { g, d }) => sum + dot(g, d), 0),
      numeric: pairs.some(({ d }) => d.length > 0) ? (ahead - behind) / (2 * STEP) : 0, // else nowhere to go
      allowed: pairs.reduce((sum, { g, d }) => sum + allowance(g, d, tolerance), 1e-7),
    };
  });
}

/**
 * A vjp is a chain of a few ops, each about as exact as this one: eight times its absolute and relative error for each
 * element, and 64 ULP for the other links. A wrong term is off by far more than that.
 */
function allowance(gradient: Float64Array, direction: Float64Array, { ulp, abs }: Tolerance): number {
  const relative = (64 + 8 * ulp) * 2 ** -23;
  return gradient.reduce((sum, g, i) => sum + Math.abs(direction[i]) * (8 * abs + relative * Math.abs(g)), 0);
}

/** Gradients of Σ y·w by input; null for an input that is not float or for which the vjp declares none. */
async function deviceGradients(
  op: AnyOp,
  sample: Sample,
  hosts: Inputs<HostTensor>,
  weights: Float64Array,
  device: Device,
): Promise<(Float64Array | null)[]> {
  let without: boolean[] = [];
  const observed: AnyOp = {
    ...op,
    vjp(g, saved, context) {
      const results = op.vjp?.(g, saved, context) ?? [];
      without = results.map((result) => result === null);
      return results;
    },
  };
  const inputs = hosts.map((host) => host && upload(host, device));
  const leaves = inputs.filter((t): t is Tensor => t?.dtype === "f32");
  for (const leaf of leaves) leaf.setRequiresGrad(true);
  const [y] = apply(observed, inputs, sample.args ?? []);
  const gradients = grad(y, leaves, { gradient: tensor(Float32Array.from(weights), y.shape, { device }) });
  const data = await Promise.all(gradients.map((g) => g.data()));
  return inputs.map((t, i) => {
    const at = t ? leaves.indexOf(t) : -1;
    return at < 0 || without[i] ? null : Float64Array.from(data[at]);
  });
}

function moved(host: HostTensor | null, direction: Float64Array | null, step: number): HostTensor | null {
  return host && direction ? { ...host, data: host.data.map((v, i) => v + step * direction[i]) } : host;
}

/** Σ a·b where b is not 0. */
function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) if (b[i] !== 0) sum += a[i] * b[i];
  return sum;
}

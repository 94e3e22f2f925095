// Gradients on the device: what backward makes of an op's vjp at a probe.
import { inputName } from "../../../src/tensor/autograd/backward.js";
import { type Device, grad, scope, type Tensor, tensor, zeros } from "../../../src/tensor/index.js";
import type { Inputs } from "../../../src/tensor/op.js";
import { apply } from "../../../src/tensor/run.js";
import type { PerInput, Probe } from "./probe.js";
import { upload } from "./samples.js";

/**
 * Gradients of Σ y·w by input for each of `weights`; null for an input that is not float, or that the op declares constant,
 * and for all but `only` where that is given. With `createGraph` by the vjp that can be differentiated in turn.
 */
export async function firstGradients(
  at: Probe,
  weights: readonly Float64Array[],
  device: Device,
  { only, createGraph = false }: { only?: number; createGraph?: boolean } = {},
): Promise<PerInput<Float32Array>[]> {
  const width = at.hosts.length;
  const flat = await read(at, device, ({ inputs, leaves, call }) => {
    const wanted = only === undefined ? leaves : leaves.filter((leaf) => leaf === inputs[only]);
    return weights.flatMap((w) => {
      const gradient = tensor(Float32Array.from(w), at.output.shape, { device });
      const gradients = grad(call(), wanted, { gradient, createGraph });
      return inputs.map((t) => (t && wanted.includes(t) ? gradients[wanted.indexOf(t)] : null));
    });
  });
  return weights.map((_, k) => flat.slice(k * width, (k + 1) * width));
}

/** Gradients of the derivative of Σ y·w along `direction`, by the vjp of the vjp. Throws GradError where there is none. */
export function secondGradients(
  at: Probe,
  direction: PerInput<Float64Array>,
  device: Device,
): Promise<PerInput<Float32Array>> {
  return read(at, device, ({ inputs, leaves, call }) => {
    const gradient = tensor(Float32Array.from(at.weights), at.output.shape, { device });
    const gradients = grad(call(), leaves, { gradient, createGraph: true });
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
}

interface OnDevice {
  readonly inputs: Inputs<Tensor>;
  /** The f32 inputs that have gradients, zero where the vjp gives null. */
  readonly leaves: readonly Tensor[];
  /** Runs the op anew. */
  call(): Tensor;
}

/** Uploads the inputs, runs `fn` and reads the tensors that it returns. */
async function read(
  at: Probe,
  device: Device,
  fn: (on: OnDevice) => readonly (Tensor | null)[],
): Promise<PerInput<Float32Array>> {
  const tensors = scope(() => {
    const inputs = at.hosts.map((host) => host && upload(host, device));
    const leaves = inputs.filter(
      (t, i): t is Tensor => t?.dtype === "f32" && !at.op.constants?.includes(inputName(at.op.inputs, i)),
    );
    for (const leaf of leaves) leaf.setRequiresGrad(true);
    return fn({ inputs, leaves, call: () => apply(at.op, inputs, at.sample.args ?? [])[0] });
  });
  const data = await Promise.all(tensors.map(async (t) => t && Float32Array.from(await t.data())));
  for (const t of tensors) t?.dispose();
  return data;
}

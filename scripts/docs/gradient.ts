// How an op is differentiated: found by doing it, on a device that keeps shapes and computes nothing.
import { inputName } from "../../src/tensor/autograd/backward.js";
import { DEFAULT_CAPS } from "../../src/tensor/device/caps.js";
import { Device, GradError, grad, scope, Tensor } from "../../src/tensor/index.js";
import type { AnyOp, Sample, TensorInfo } from "../../src/tensor/op.js";
import { apply } from "../../src/tensor/run.js";
import { Storage } from "../../src/tensor/storage.js";

export interface Differentiability {
  /** Inputs that have a gradient. */
  readonly by: readonly string[];
  /** Whether gradients of these gradients can be taken. */
  readonly twice: boolean;
}

/** As much of a device as encoding needs. */
const IDLE = Object.create(
  Device.prototype,
  Object.getOwnPropertyDescriptors({
    caps: DEFAULT_CAPS,
    adapter: { name: "none" },
    check() {},
    acquire: () => ({}),
    release() {},
    write() {},
    compile: () => ({}),
    dispatch() {},
  }),
) as Device;

/** Differentiates `op` at `sample`, whose inputs are `infos`; null where it has no derivative. */
export function differentiability(
  op: AnyOp,
  { args = [] }: Sample,
  infos: readonly (TensorInfo | null)[],
): Differentiability | null {
  if (!op.vjp) return null;
  let by: readonly string[] = [];
  const observed: AnyOp = {
    ...op,
    vjp(g, saved, context) {
      const results = op.vjp?.(g, saved, context) ?? [];
      by = results.flatMap((result, i) => (result ? [inputName(op.inputs, i)] : []));
      return results;
    },
  };
  return scope(() => {
    const inputs = infos.map((info) => info && blank(info));
    const leaves = inputs.filter((t): t is Tensor => t?.dtype === "f32");
    for (const leaf of leaves) leaf.setRequiresGrad(true);
    const [y] = apply(observed, inputs, args);
    const gradients = grad(y, leaves, { gradient: blank(y), createGraph: true });
    return { by, twice: gradients.every((g) => canDifferentiate(g, leaves)) };
  });
}

function blank({ shape, dtype }: TensorInfo): Tensor {
  return new Tensor(new Storage(IDLE, 1, "docs"), shape, dtype);
}

function canDifferentiate(y: Tensor, leaves: readonly Tensor[]): boolean {
  try {
    if (y.node) grad(y, leaves, { gradient: blank(y), retainGraph: true });
    return true;
  } catch (error) {
    if (error instanceof GradError) return false;
    throw error;
  }
}

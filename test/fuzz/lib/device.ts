// A program run on the device: all its values, and the gradients of its last result.
import { inputName } from "../../../src/tensor/autograd/backward.js";
import { typedView } from "../../../src/tensor/dtype.js";
import { type Device, grad, noGrad, scope, type Tensor, tensor } from "../../../src/tensor/index.js";
import type { AnyOp } from "../../../src/tensor/op.js";
import { apply } from "../../../src/tensor/run.js";
import { lastOf, type Program, type Step } from "./program.js";

/** What the device gives. */
export interface Run {
  /** By value. */
  readonly values: readonly Float64Array[];
  /** Of the last result by value, where it has one; null where the program has no derivative. */
  readonly gradients: ReadonlyMap<number, Float64Array> | null;
  /** Inputs that a derivative calls constants, as `step input`. */
  readonly constants: ReadonlySet<string>;
}

/** Runs `program`, and its backward pass from `weights`, the gradient of its last result; null for none. */
export async function run(program: Program, weights: Float64Array | null, device: Device): Promise<Run> {
  const constants = new Set<string>();
  const { tensors, gradients } = scope(() => {
    const tensors: Tensor[] = [];
    const given = () => {
      const { filling, shape, dtype, data } = program.values[tensors.length];
      if (!filling) return false;
      const elements = typedView(dtype, new ArrayBuffer(4 * data.length));
      elements.set(data);
      tensors.push(tensor(elements, shape, { device, dtype, requiresGrad: dtype === "f32" }));
      return true;
    };
    for (const [k, step] of program.steps.entries()) {
      while (tensors.length < step.outputs[0]) given();
      tensors.push(...call(step, k, tensors, constants));
    }
    while (tensors.length < program.values.length) given();
    const y = tensors[lastOf(program)];
    if (!weights || !y.node) return { tensors, gradients: null };
    const wanted = tensors.filter((t) => t.requiresGrad);
    const found = grad(y, wanted, { gradient: tensor(Float32Array.from(weights), y.shape, { device }) });
    return { tensors, gradients: new Map(wanted.map((t, i) => [tensors.indexOf(t), found[i]])) };
  });
  const values = await Promise.all(tensors.map(read));
  const slopes = gradients && (await Promise.all([...gradients].map(async ([k, t]) => [k, await read(t)] as const)));
  for (const t of [...tensors, ...(gradients?.values() ?? [])]) t.dispose();
  return { values, gradients: slopes && new Map(slopes), constants };
}

/** The call, noting which inputs its derivative calls constants; an op without a derivative is one as a whole. */
function call({ op, inputs, args }: Step, k: number, tensors: readonly Tensor[], constants: Set<string>): Tensor[] {
  const operands = inputs.map((n) => (n === null ? null : tensors[n]));
  if (!op.vjp && !op.stops) {
    for (const i of inputs.keys()) constants.add(`${k} ${i}`);
    return noGrad(() => apply(op, operands, args));
  }
  if (op.stops) for (const i of inputs.keys()) constants.add(`${k} ${i}`);
  const observed: AnyOp = {
    ...op,
    vjp(g, saved, context) {
      const results = op.vjp?.(g, saved, context) ?? [];
      for (const [i, result] of results.entries())
        if (result === null && context.needs[inputName(op.inputs, i)]) constants.add(`${k} ${i}`);
      return results;
    },
  };
  return apply(op.stops ? op : observed, operands, args);
}

async function read(t: Tensor): Promise<Float64Array> {
  return Float64Array.from(await t.data());
}

// A call before it needs a device: its parameters and the outputs it declares, both checked here for all ops.
import { ShapeError } from "./errors.js";
import type { AnyOp, Inputs, TensorInfo } from "./op.js";
import { checkArguments } from "./options.js";
import { formatShape, frozen, isShape } from "./shape.js";

/** The parameters of `op` from the arguments that follow the tensors. Throws the op's own errors, ConfigError for unknown options. */
export function paramsOf(op: AnyOp, inputs: Inputs<TensorInfo>, args: readonly unknown[]): unknown {
  checkArguments(op.name, args, op.options ?? []);
  return op.params?.(inputs, ...args);
}

/** The outputs by the shape rule of `op`. Throws its errors, and ShapeError where it lets a size pass that is no integer ≥ 0. */
export function outputsOf(op: AnyOp, inputs: Inputs<TensorInfo>, params: unknown): readonly TensorInfo[] {
  const outputs = op.infer(inputs, params);
  for (const { shape } of outputs) {
    if (isShape(shape)) continue;
    throw new ShapeError(
      `${op.name}: the result would be ${formatShape(shape)}`,
      "sizes are integers ≥ 0: check the arguments that give them",
    );
  }
  return outputs.map(({ shape, dtype }) => ({ shape: frozen(shape), dtype }));
}

// Operations become methods of Tensor: the tensors of a call first, in the order of the op's inputs, then its other arguments.
import { checkList, formatValue } from "./arguments.js";
import { checkTensor } from "./checkTensor.js";
import { constant } from "./create.js";
import { holds } from "./dtype.js";
import { ConfigError, DTypeError } from "./errors.js";
import type { AnyOp } from "./op.js";
import { apply } from "./run.js";
import { Tensor } from "./tensor.js";

/** Adds a method for each op to Tensor. Numbers stand for scalars of the dtype of the call's first tensor that is not bool; DTypeError where it cannot hold them. */
export function installMethods(ops: readonly AnyOp[]): void {
  for (const op of ops) {
    const method = op.inputs[0].startsWith("...") ? listMethod(op) : fixedMethod(op);
    Object.defineProperty(Tensor.prototype, op.name, { value: method, configurable: true, writable: true });
  }
}

/** `first.concat([second, third], dim)`. */
function listMethod(op: AnyOp) {
  return function (this: Tensor, others: readonly Tensor[], ...args: unknown[]) {
    return apply(
      op,
      [this, ...checkList(op.name, op.inputs[0].slice(3), others)].map((t) =>
        operand(op, op.inputs[0].slice(3), t, this),
      ),
      args,
    )[0];
  };
}

/** `x.conv2d(weight, bias, { stride: 2 })`: a tensor, or all outputs where the op has several. */
function fixedMethod(op: AnyOp) {
  const count = op.inputs.length - 1;
  return function (this: Tensor, ...args: unknown[]) {
    const given = args.slice(0, count);
    checkTensor(op.name, "this", this);
    const like = [this, ...given].find((t): t is Tensor => t instanceof Tensor && t.dtype !== "bool") ?? this;
    const others = Array.from({ length: count }, (_, i) => operand(op, op.inputs[i + 1], given[i], like));
    const outputs = apply(op, [this, ...others], args.slice(count));
    return outputs.length === 1 ? outputs[0] : outputs;
  };
}

function operand(op: AnyOp, name: string, value: unknown, like: Tensor): Tensor | null {
  if (value instanceof Tensor) return value;
  if (typeof value === "number") {
    const dtype = like.dtype === "bool" ? "f32" : like.dtype;
    if (!holds(dtype, value)) {
      throw new DTypeError(`${op.name}: ${name} is ${value} beside ${like}`, 'cast the tensor first: cast("f32")');
    }
    return constant(value, dtype, like.device);
  }
  if (name.endsWith("?") && (value === undefined || value === null)) return null;
  throw new ConfigError(`${op.name}: ${name.replace("?", "")} is ${formatValue(value)}`, "pass a tensor or a number");
}

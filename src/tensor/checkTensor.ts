// What is to be a tensor and is none, told by name: at every door through which users pass one.
import { formatValue } from "./arguments.js";
import { ConfigError } from "./errors.js";
import { Tensor } from "./tensor.js";

/** `value`, the argument `name` of `owner`. Throws ConfigError unless it is a tensor. */
export function checkTensor(owner: string, name: string, value: Tensor): Tensor {
  if (value instanceof Tensor) return value;
  throw new ConfigError(`${owner}: ${name} is ${formatValue(value)}`, "pass a tensor: tensor(data, shape) makes one");
}

/** `values`, the argument `name` of `owner`. Throws ConfigError unless it is an array of tensors. */
export function checkTensors<T extends readonly Tensor[]>(owner: string, name: string, values: T): T {
  if (Array.isArray(values) && Array.from(values).every((value) => value instanceof Tensor)) return values;
  throw new ConfigError(`${owner}: ${name} is ${formatValue(values)}`, "pass tensors, in an array");
}

// What gelu and its gradient share.
import { formatValue } from "../../../tensor/arguments.js";
import { ConfigError } from "../../../tensor/errors.js";

/** `none` is exact; `tanh` is the approximation that GPT-2 and others were trained with. */
export type Approximate = "none" | "tanh";

export function geluParams(op: string, approximate: Approximate): { approximate: Approximate } {
  if (approximate !== "none" && approximate !== "tanh") {
    throw new ConfigError(`${op}: approximate is ${formatValue(approximate)}`, 'use "none" or "tanh"');
  }
  return { approximate };
}

/** The argument of tanh, in float64. */
export function tanhArgument(x: number): number {
  return Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
}

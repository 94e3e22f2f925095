// How the library speaks up unasked, of what will not end well. It prints nothing else.
import { emitWarning } from "node:process";

/** What will not end well, and the remedy. */
export interface DeviceWarning {
  /** What it is about: "tensors". Each comes once. */
  readonly about: string;
  readonly message: string;
  readonly help: string;
}

/** Tells Node, which prints it to stderr: see `--no-warnings` and the event `warning` of `process`. */
export function warn({ message, help }: DeviceWarning): void {
  emitWarning(message, { type: "ZeroSiamWarning", detail: `  help: ${help}` });
}

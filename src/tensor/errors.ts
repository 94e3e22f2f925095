// Typed errors. Each says what went wrong, where, and (on a `help:` line) how to mend it.

/** Base of every error thrown by this package. `help` is the remedy, also printed in the message. */
export class ZeroSiamError extends Error {
  // Literal, here and in each class below: minifiers rename classes, and `new.target.name` with them.
  override readonly name: string = "ZeroSiamError";
  /** What the caller can do about it; empty when there is nothing to add. */
  readonly help: string;

  constructor(message: string, help = "", options?: { cause?: unknown }) {
    super(help ? `${message}\n  help: ${help}` : message, options);
    this.help = help;
  }
}

/** Shapes, axes or sizes that do not fit the operation. */
export class ShapeError extends ZeroSiamError {
  override readonly name = "ShapeError";
}
/** A data type that the operation does not take. */
export class DTypeError extends ZeroSiamError {
  override readonly name = "DTypeError";
}
/** Use of a tensor after `dispose()` or after the end of its scope. */
export class DisposedError extends ZeroSiamError {
  override readonly name = "DisposedError";
}
/** No adapter, no open device, or tensors of different devices. */
export class DeviceError extends ZeroSiamError {
  override readonly name = "DeviceError";
}
/** The device went away (driver reset, `destroy()`); its tensors are gone. */
export class DeviceLostError extends ZeroSiamError {
  override readonly name = "DeviceLostError";
}
/** A buffer was refused by the memory budget or by the driver. */
export class OutOfMemoryError extends ZeroSiamError {
  override readonly name = "OutOfMemoryError";
}
/** WGSL or pipeline validation failed: a defect of a kernel, named in the message. */
export class ShaderError extends ZeroSiamError {
  override readonly name = "ShaderError";
}
/** A file of weights or data that is truncated, malformed or does not fit the model. */
export class CheckpointError extends ZeroSiamError {
  override readonly name = "CheckpointError";
}
/** An option, argument or configuration value that is not valid. */
export class ConfigError extends ZeroSiamError {
  override readonly name = "ConfigError";
}
/** Autograd misuse: no graph, a freed graph, a non-scalar loss. */
export class GradError extends ZeroSiamError {
  override readonly name = "GradError";
}
/** Values that hold NaN or ±Inf where they must not. */
export class NonFiniteError extends ZeroSiamError {
  override readonly name = "NonFiniteError";
}

// Typed errors. Each says what went wrong, where, and (on a `help:` line) how to mend it.

/** Base of every error thrown by this package. `help` is the remedy, also printed in the message. */
export class ZeroSiamError extends Error {
  /** What the caller can do about it; empty when there is nothing to add. */
  readonly help: string;

  constructor(message: string, help = "", options?: { cause?: unknown }) {
    super(help ? `${message}\n  help: ${help}` : message, options);
    this.name = new.target.name;
    this.help = help;
  }
}

/** Shapes, axes or sizes that do not fit the operation. */
export class ShapeError extends ZeroSiamError {}
/** A data type that the operation does not take. */
export class DTypeError extends ZeroSiamError {}
/** Use of a tensor after `dispose()` or after the end of its scope. */
export class DisposedError extends ZeroSiamError {}
/** No adapter, no open device, or tensors of different devices. */
export class DeviceError extends ZeroSiamError {}
/** The device went away (driver reset, `destroy()`); its tensors are gone. */
export class DeviceLostError extends ZeroSiamError {}
/** A buffer was refused by the memory budget or by the driver. */
export class OutOfMemoryError extends ZeroSiamError {}
/** WGSL or pipeline validation failed: a defect of a kernel, named in the message. */
export class ShaderError extends ZeroSiamError {}
/** A file of weights or data that is truncated, malformed or does not fit the model. */
export class CheckpointError extends ZeroSiamError {}
/** An option, argument or configuration value that is not valid. */
export class ConfigError extends ZeroSiamError {}
/** Autograd misuse: no graph, a freed graph, a non-scalar loss. */
export class GradError extends ZeroSiamError {}
/** Values that hold NaN or ±Inf where they must not. */
export class NonFiniteError extends ZeroSiamError {}

// The memory behind tensors: one pooled buffer, shared by views and by the graph, counted.
import type { Device } from "./device/device.js";
import type { PooledBuffer } from "./device/pool.js";
import { BYTES } from "./dtype.js";
import { OutOfMemoryError } from "./errors.js";
import { formatShape, type Shape, sizeOf } from "./shape.js";

/** Throws OutOfMemoryError unless a tensor of `shape` fits the largest buffer that kernels can bind. `what` makes it. */
export function checkFits(device: Device, shape: Shape, what: string): void {
  const bytes = sizeOf(shape) * BYTES;
  const { maxBindingBytes } = device.caps;
  if (bytes <= maxBindingBytes) return;
  throw new OutOfMemoryError(
    `${what}: ${formatShape(shape)} takes ${bytes} bytes, the largest buffer of this adapter ${maxBindingBytes} (maxStorageBufferBindingSize)`,
    "split the tensor, or use smaller batches",
  );
}

/** Memory on a device, which lives as long as something holds it. */
export class Storage {
  readonly device: Device;
  /** @internal */
  readonly buffer: PooledBuffer;
  #references = 1;

  /** Memory for `elements` elements, held once by the caller. Throws OutOfMemoryError naming `what`. */
  constructor(device: Device, elements: number, what: string) {
    this.device = device;
    this.buffer = device.acquire(Math.max(1, elements) * BYTES, what);
  }

  /** Adds a reference, which `release()` drops. */
  retain(): this {
    this.#references++;
    return this;
  }

  /** Drops a reference; with the last one the memory goes back to the device's pool. */
  release(): void {
    if (--this.#references === 0) this.device.release(this.buffer);
  }
}

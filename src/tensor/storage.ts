// The memory behind tensors: one pooled buffer, shared by views and by the graph, counted.
import type { Device } from "./device/device.js";
import type { PooledBuffer } from "./device/pool.js";
import { BYTES } from "./dtype.js";

export class Storage {
  readonly device: Device;
  readonly buffer: PooledBuffer;
  #references = 1;

  /** Memory for `elements` elements, held once by the caller. Throws OutOfMemoryError naming `what`. */
  constructor(device: Device, elements: number, what: string) {
    this.device = device;
    this.buffer = device.acquire(Math.max(1, elements) * BYTES, what);
  }

  retain(): this {
    this.#references++;
    return this;
  }

  release(): void {
    if (--this.#references === 0) this.device.release(this.buffer);
  }
}

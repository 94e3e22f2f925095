// Reading buffers back: all reads asked for in one turn share a submit, and staging buffers are reused.
import { pollGently } from "./adapter/polling.js";
import type { Encoder } from "./encoder.js";
import { type PooledBuffer, sizeClass } from "./pool.js";

const KEEP = 16; // idle staging buffers
const KEEP_BYTES = 2 ** 22; // the largest one kept: they stand outside the memory budget

export class Readback {
  readonly #device: GPUDevice;
  readonly #encoder: Encoder;
  readonly #idle: GPUBuffer[] = [];
  #closed = false;

  constructor(device: GPUDevice, encoder: Encoder) {
    this.#device = device;
    this.#encoder = encoder;
  }

  /** The first `bytes` of `buffer` as it is after everything encoded so far. */
  async read(buffer: PooledBuffer, bytes: number): Promise<ArrayBuffer> {
    const staging = this.#staging(bytes);
    this.#encoder.copy(buffer, staging, bytes);
    await null; // let the other reads of this turn join the same encoder
    this.#encoder.flush();
    const { dispatches } = this.#encoder;
    try {
      await pollGently(() => staging.mapAsync(1, 0, bytes)); // GPUMapMode.READ
    } catch (error) {
      staging.destroy();
      throw error;
    }
    this.#encoder.ran(dispatches);
    const data = staging.getMappedRange(0, bytes).slice(0);
    staging.unmap();
    this.#recycle(staging);
    return data;
  }

  /** Frees the idle staging buffers, and each that is in use when it has been read. */
  destroy(): void {
    this.#closed = true;
    for (const buffer of this.#idle.splice(0)) buffer.destroy();
  }

  #recycle(staging: GPUBuffer): void {
    if (this.#closed || staging.size > KEEP_BYTES) staging.destroy();
    else if (this.#idle.push(staging) > KEEP) this.#idle.shift()?.destroy();
  }

  #staging(bytes: number): GPUBuffer {
    const size = sizeClass(bytes);
    const found = this.#idle.findIndex((buffer) => buffer.size === size);
    if (found >= 0) return this.#idle.splice(found, 1)[0];
    return this.#device.createBuffer({ label: "read-back", size, usage: 0x01 | 0x08 }); // MAP_READ | COPY_DST
  }
}

// Buffers for tensor storage: reused by size class, counted, and kept under a budget.
import { OutOfMemoryError } from "../errors.js";

/** A device buffer owned by the pool. `id` names it in bind-group keys; `touched` is the last encoder that uses it. */
export interface PooledBuffer {
  readonly id: number;
  readonly gpu: GPUBuffer;
  readonly bytes: number;
  touched: number;
}

/** What `memory()` reports of buffers. */
export interface PoolStats {
  /** Buffers and bytes in use by tensors. */
  liveBuffers: number;
  liveBytes: number;
  /** Buffers and bytes kept for reuse. */
  freeBuffers: number;
  freeBytes: number;
  /** The largest sum of live and free bytes so far, or since `Device.trim()`. */
  peakBytes: number;
}

const USAGE = 0x80 | 0x04 | 0x08; // STORAGE | COPY_SRC | COPY_DST: the constants are absent until the binding is loaded

/** Bytes of the class that holds `bytes`: four classes an octave (at most 25 % waste), 256 bytes at least. */
export function sizeClass(bytes: number): number {
  if (bytes <= 256) return 256;
  const octave = 2 ** Math.floor(Math.log2(bytes));
  const step = octave / 4;
  return Math.ceil(bytes / step) * step;
}

export interface PoolLimits {
  /** No more than this many bytes, live and free together. */
  readonly budget: number;
  /** Free bytes above this are given back to the driver, oldest first. */
  readonly keep: number;
  /** The largest buffer that can be bound as storage. */
  readonly largest: number;
}

export class BufferPool {
  readonly #device: GPUDevice;
  readonly #limits: PoolLimits;
  readonly #onError: (error: Error) => void;
  readonly #onDestroy: () => void;
  readonly #free = new Map<number, PooledBuffer[]>();
  readonly #stats: PoolStats = { liveBuffers: 0, liveBytes: 0, freeBuffers: 0, freeBytes: 0, peakBytes: 0 };
  #nextId = 1;

  constructor(device: GPUDevice, limits: PoolLimits, hooks: { onError(error: Error): void; onDestroy(): void }) {
    this.#device = device;
    this.#limits = limits;
    this.#onError = hooks.onError;
    this.#onDestroy = hooks.onDestroy;
  }

  get stats(): PoolStats {
    return { ...this.#stats };
  }

  /** A buffer of at least `bytes`, its contents undefined. Throws OutOfMemoryError over the budget or the binding limit. */
  acquire(bytes: number, what: string): PooledBuffer {
    const size = sizeClass(bytes);
    if (bytes > this.#limits.largest) {
      throw new OutOfMemoryError(
        `${what}: ${bytes} bytes exceed the largest buffer of this adapter (${this.#limits.largest} bytes)`,
        "split the tensor, or use smaller batches",
      );
    }
    const reused = this.#free.get(size)?.pop();
    if (reused) {
      this.#stats.freeBuffers--;
      this.#stats.freeBytes -= size;
    }
    const buffer = reused ?? this.#create(size, what);
    this.#stats.liveBuffers++;
    this.#stats.liveBytes += size;
    this.#stats.peakBytes = Math.max(this.#stats.peakBytes, this.#stats.liveBytes + this.#stats.freeBytes);
    return buffer;
  }

  /** Takes a buffer back. Commands already encoded may still use it: whoever writes it from the host must flush first. */
  release(buffer: PooledBuffer): void {
    const list = this.#free.get(buffer.bytes);
    if (list) list.push(buffer);
    else this.#free.set(buffer.bytes, [buffer]);
    this.#stats.liveBuffers--;
    this.#stats.liveBytes -= buffer.bytes;
    this.#stats.freeBuffers++;
    this.#stats.freeBytes += buffer.bytes;
  }

  /** Starts `peakBytes` anew. */
  resetPeak(): void {
    this.#stats.peakBytes = this.#stats.liveBytes + this.#stats.freeBytes;
  }

  /** Destroys free buffers, largest classes first, until at most `keep` bytes are free. Only while no encoder is open. */
  trim(keep = this.#limits.keep): void {
    if (this.#stats.freeBytes <= keep) return;
    const classes = [...this.#free.entries()].sort((a, b) => b[0] - a[0]);
    for (const [size, list] of classes) {
      while (list.length > 0 && this.#stats.freeBytes > keep) {
        list.shift()?.gpu.destroy();
        this.#stats.freeBuffers--;
        this.#stats.freeBytes -= size;
      }
    }
    this.#onDestroy();
  }

  #create(size: number, what: string): PooledBuffer {
    const held = this.#stats.liveBytes + this.#stats.freeBytes;
    if (held + size > this.#limits.budget) {
      throw new OutOfMemoryError(
        `${what}: ${size} bytes more than the ${held} in use would exceed the budget of ${this.#limits.budget} bytes`,
        "dispose tensors or use scope(), make batches smaller, or raise openDevice({ memoryBudget })",
      );
    }
    this.#device.pushErrorScope("out-of-memory");
    const gpu = this.#device.createBuffer({ size, usage: USAGE, label: what });
    this.#device.popErrorScope().then(
      (error) => {
        if (error) this.#onError(new OutOfMemoryError(`${what}: the driver refused ${size} bytes`, error.message));
      },
      (cause: unknown) => this.#onError(new OutOfMemoryError(`${what}: ${size} bytes`, "", { cause })),
    );
    return { id: this.#nextId++, gpu, bytes: size, touched: 0 };
  }
}

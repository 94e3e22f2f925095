// Buffers for tensor storage: reused by size class, counted, and kept under a budget.
import { OutOfMemoryError } from "../errors.js";
import type { Judged } from "./verdict.js";

/** A device buffer owned by the pool. `id` names it in bind-group keys; `touched` is the last encoder that uses it, `hangsOn` the verdicts on the kernels that made its contents. */
export interface PooledBuffer extends Judged {
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
  /** The largest buffer that can be bound as storage, a multiple of 16 bytes: kernels read past the end of a tensor by up to three elements. */
  readonly largest: number;
}

export interface PoolHooks {
  /** The driver refused a buffer. */
  onError(error: Error): void;
  /** Free buffers were destroyed. */
  onDestroy(buffers: ReadonlySet<PooledBuffer>): void;
  /** Submits what is encoded, since it may use buffers that are about to be destroyed. */
  flush(): void;
}

export class BufferPool {
  readonly #device: GPUDevice;
  readonly #limits: PoolLimits;
  readonly #hooks: PoolHooks;
  /** By size class, oldest buffer last: the oldest is taken first, so that a step that repeats gets the buffers it had before. */
  readonly #free = new Map<number, PooledBuffer[]>();
  readonly #stats: PoolStats = { liveBuffers: 0, liveBytes: 0, freeBuffers: 0, freeBytes: 0, peakBytes: 0 };
  #nextId = 1;
  #keepsNone = false;

  constructor(device: GPUDevice, limits: PoolLimits, hooks: PoolHooks) {
    this.#device = device;
    this.#limits = limits;
    this.#hooks = hooks;
  }

  get stats(): PoolStats {
    return { ...this.#stats };
  }

  /** A buffer of at least `bytes`, its contents undefined. Throws OutOfMemoryError over the budget or the binding limit. */
  acquire(bytes: number, what: string): PooledBuffer {
    const { largest } = this.#limits;
    if (bytes > largest) {
      throw new OutOfMemoryError(
        `${what}: ${bytes} bytes exceed the largest buffer of this adapter (${largest} bytes)`,
        "split the tensor, or use smaller batches",
      );
    }
    const size = Math.min(sizeClass(bytes), largest);
    const reused = this.#free.get(size)?.pop();
    if (reused) {
      this.#stats.freeBuffers--;
      this.#stats.freeBytes -= size;
    }
    const buffer = reused ?? this.#create(size, what);
    buffer.hangsOn = [];
    this.#stats.liveBuffers++;
    this.#stats.liveBytes += size;
    this.#stats.peakBytes = Math.max(this.#stats.peakBytes, this.#stats.liveBytes + this.#stats.freeBytes);
    return buffer;
  }

  /** Takes a buffer back. Commands already encoded may still use it: whoever writes it from the host must flush first. */
  release(buffer: PooledBuffer): void {
    const list = this.#free.get(buffer.bytes) ?? [];
    let at = list.length;
    while (at > 0 && list[at - 1].id < buffer.id) at--;
    list.splice(at, 0, buffer);
    this.#free.set(buffer.bytes, list);
    this.#stats.liveBuffers--;
    this.#stats.liveBytes -= buffer.bytes;
    this.#stats.freeBuffers++;
    this.#stats.freeBytes += buffer.bytes;
    if (this.#keepsNone) this.trim(0);
  }

  /** Destroys the free buffers, and from now on each that is released. */
  destroy(): void {
    this.#keepsNone = true;
    this.trim(0);
  }

  /** Starts `peakBytes` anew. */
  resetPeak(): void {
    this.#stats.peakBytes = this.#stats.liveBytes + this.#stats.freeBytes;
  }

  /** Destroys free buffers, largest classes first, until at most `keep` bytes are free. Only while no encoder is open. */
  trim(keep = this.#limits.keep): void {
    if (this.#stats.freeBytes <= keep) return;
    const classes = [...this.#free.entries()].sort((a, b) => b[0] - a[0]);
    const destroyed = new Set<PooledBuffer>();
    for (const [size, list] of classes) {
      while (list.length > 0 && this.#stats.freeBytes > keep) {
        const buffer = list.shift() as PooledBuffer;
        buffer.gpu.destroy();
        destroyed.add(buffer);
        this.#stats.freeBuffers--;
        this.#stats.freeBytes -= size;
      }
    }
    this.#hooks.onDestroy(destroyed);
  }

  #create(size: number, what: string): PooledBuffer {
    this.#makeRoom(size, what);
    this.#device.pushErrorScope("out-of-memory");
    const gpu = this.#device.createBuffer({ size, usage: USAGE, label: what });
    const fail = (help: string, cause?: unknown) =>
      this.#hooks.onError(new OutOfMemoryError(`${what}: the driver refused ${size} bytes`, help, { cause }));
    this.#device.popErrorScope().then(
      (error) => error && fail(error.message),
      (cause: unknown) => fail("", cause),
    );
    return { id: this.#nextId++, gpu, bytes: size, touched: 0, hangsOn: [] };
  }

  /** Destroys free buffers until the budget has room for `size` bytes. Throws OutOfMemoryError where it has not. */
  #makeRoom(size: number, what: string): void {
    const { budget } = this.#limits;
    const room = budget - this.#stats.liveBytes - size;
    if (room < 0) {
      throw new OutOfMemoryError(
        `${what}: ${size} bytes more than the ${this.#stats.liveBytes} in use would exceed the budget of ${budget} bytes`,
        "dispose tensors or use scope(), make batches smaller, or raise openDevice({ memoryBudget })",
      );
    }
    if (this.#stats.freeBytes <= room) return;
    this.#hooks.flush();
    this.trim(room);
  }
}

// Kernel times by timestamp queries: one compute pass a dispatch while profiling.
import { pollGently } from "./adapter/polling.js";

/** Time of one dispatch on the device's clock. */
export interface KernelTime {
  readonly label: string;
  readonly nanoseconds: number;
}

const CAPACITY = 2048; // dispatches a submit; a query set holds at most 4096 timestamps

export class Profiler {
  readonly #device: GPUDevice;
  readonly #queries: GPUQuerySet;
  readonly #resolved: GPUBuffer;
  readonly #batches: { labels: string[]; staging: GPUBuffer }[] = [];
  #labels: string[] = [];
  #pending: { labels: string[]; staging: GPUBuffer } | null = null;

  /** Needs a device with the `timestamp-query` feature. */
  constructor(device: GPUDevice) {
    this.#device = device;
    this.#queries = device.createQuerySet({ type: "timestamp", count: 2 * CAPACITY });
    this.#resolved = device.createBuffer({ size: 16 * CAPACITY, usage: 0x200 | 0x04 }); // QUERY_RESOLVE | COPY_SRC
  }

  get full(): boolean {
    return this.#labels.length === CAPACITY;
  }

  /** The timestamps of the next pass, which runs the kernel `label`. */
  next(label: string): GPUComputePassTimestampWrites {
    const i = 2 * this.#labels.push(label) - 2;
    return { querySet: this.#queries, beginningOfPassWriteIndex: i, endOfPassWriteIndex: i + 1 };
  }

  /** Copies this submit's timestamps out; called before the encoder is finished. */
  resolve(encoder: GPUCommandEncoder): void {
    const count = this.#labels.length;
    if (count === 0) return;
    const staging = this.#device.createBuffer({ size: 16 * count, usage: 0x01 | 0x08 }); // MAP_READ | COPY_DST
    encoder.resolveQuerySet(this.#queries, 0, 2 * count, this.#resolved, 0);
    encoder.copyBufferToBuffer(this.#resolved, 0, staging, 0, 16 * count);
    this.#pending = { labels: this.#labels, staging };
    this.#labels = [];
  }

  submitted(): void {
    if (this.#pending) this.#batches.push(this.#pending);
    this.#pending = null;
  }

  /** Waits for all submitted dispatches and returns their times in order. */
  async times(): Promise<KernelTime[]> {
    const times: KernelTime[] = [];
    for (const { labels, staging } of this.#batches) {
      await pollGently(() => staging.mapAsync(1)); // GPUMapMode.READ
      const stamps = new BigUint64Array(staging.getMappedRange());
      for (const [i, label] of labels.entries()) {
        times.push({ label, nanoseconds: Number(stamps[2 * i + 1] - stamps[2 * i]) });
      }
    }
    return times;
  }

  destroy(): void {
    for (const { staging } of this.#batches) staging.destroy();
    this.#queries.destroy();
    this.#resolved.destroy();
  }
}

// The open command encoder: dispatches join one compute pass, uniforms one upload, until something needs a submit.
import { pollGently } from "./adapter/polling.js";
import { BindGroups } from "./bindGroups.js";
import type { Pipeline } from "./pipelines.js";
import type { PooledBuffer } from "./pool.js";
import type { Profiler } from "./profiler.js";

const SLOT = 256; // minUniformBufferOffsetAlignment at the default limits, and the most uniforms a kernel may declare
const SLOTS = 1024;
const ASK = 8192; // kernels not known to have run, from which on the device is asked

export class Encoder {
  readonly #device: GPUDevice;
  readonly #onSubmit: () => void;
  readonly #uniforms: GPUBuffer;
  readonly #arena = new Uint8Array(SLOT * SLOTS);
  readonly bindGroups: BindGroups;
  #encoder: GPUCommandEncoder | null = null;
  #pass: GPUComputePassEncoder | null = null;
  #slot = 0;
  /** Number of the encoder that is open, or will be next: buffers touched by it must not be written from the host. */
  #epoch = 1;
  /** Dispatches encoded so far, for benchmarks and tests. */
  dispatches = 0;
  /** How many of them are known to have run. */
  #ran = 0;
  #asked = false;
  submits = 0;
  /** When set, every dispatch gets a pass of its own with timestamps. */
  profiler: Profiler | null = null;

  /** `onSubmit` runs after every submit, when no encoder is open; `collect` runs the collector, where that can be done. */
  constructor(device: GPUDevice, onSubmit: () => void, collect: () => void) {
    this.#device = device;
    this.#onSubmit = onSubmit;
    this.#uniforms = device.createBuffer({ label: "uniforms", size: SLOT * SLOTS, usage: 0x40 | 0x08 }); // UNIFORM | COPY_DST
    const uniforms = { binding: 0, resource: { buffer: this.#uniforms, size: SLOT } };
    this.bindGroups = new BindGroups(({ label, layout }, buffers) => {
      const storage = buffers.map((buffer, i) => ({ binding: i + 1, resource: { buffer: buffer.gpu } }));
      return device.createBindGroup({ label, layout, entries: [uniforms, ...storage] });
    }, collect);
  }

  /** Encodes one kernel. `uniforms` is copied now; `buffers` follow the pipeline's storage bindings. */
  dispatch(
    pipeline: Pipeline,
    buffers: readonly PooledBuffer[],
    uniforms: Uint8Array,
    groups: readonly number[],
  ): void {
    if (this.#slot === SLOTS || this.profiler?.full) this.flush();
    const offset = this.#slot++ * SLOT;
    this.#arena.set(uniforms, offset);
    const pass = this.#openPass(pipeline.label);
    pass.setPipeline(pipeline.gpu);
    pass.setBindGroup(0, this.bindGroups.get(pipeline, buffers), [offset]);
    pass.dispatchWorkgroups(groups[0], groups[1], groups[2]);
    for (const buffer of buffers) buffer.touched = this.#epoch;
    this.dispatches++;
    if (this.profiler) this.#closePass();
  }

  /**
   * The same in a submit of its own, for a kernel that is not yet known to compile: should it not, the driver drops the
   * whole submit, and nothing else must be in it. Resolves to what validation finds.
   */
  dispatchAlone(
    pipeline: Pipeline,
    buffers: readonly PooledBuffer[],
    uniforms: Uint8Array,
    groups: readonly number[],
  ): Promise<GPUError | null> {
    this.flush();
    this.#device.pushErrorScope("validation");
    this.dispatch(pipeline, buffers, uniforms, groups);
    this.flush();
    return this.#device.popErrorScope();
  }

  /** Writes host data to `buffer`, after submitting what is encoded if that uses it: a queue write overtakes an open encoder. */
  write(buffer: PooledBuffer, data: ArrayBufferView<ArrayBuffer>): void {
    if (buffer.touched === this.#epoch) this.flush();
    this.#device.queue.writeBuffer(buffer.gpu, 0, data.buffer, data.byteOffset, data.byteLength);
  }

  /** Encodes a copy of the first `bytes` of `from`. */
  copy(from: PooledBuffer, to: GPUBuffer, bytes: number, toOffset = 0): void {
    this.#closePass();
    this.#open().copyBufferToBuffer(from.gpu, 0, to, toOffset, bytes);
    from.touched = this.#epoch;
  }

  /** Dispatches not known to have run. They become known while the event loop turns, never within a turn. */
  get pending(): number {
    return this.dispatches - this.#ran;
  }

  /** Told by whoever has waited for the first `dispatches` of them. */
  ran(dispatches: number): void {
    this.#ran = Math.max(this.#ran, dispatches);
  }

  /** Submits what is encoded, if anything. */
  flush(): void {
    if (!this.#encoder) return;
    this.#closePass();
    this.profiler?.resolve(this.#encoder);
    if (this.#slot > 0) this.#device.queue.writeBuffer(this.#uniforms, 0, this.#arena, 0, this.#slot * SLOT);
    this.#device.queue.submit([this.#encoder.finish()]);
    this.#encoder = null;
    this.#slot = 0;
    this.#epoch++;
    this.submits++;
    this.profiler?.submitted();
    this.#onSubmit();
    this.bindGroups.collect();
    if (this.pending >= ASK) this.#ask();
  }

  /** For a program that lets the event loop turn without ever waiting for a result. */
  #ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    const { dispatches } = this;
    const answered = () => {
      this.#asked = false;
    };
    // A device that goes meanwhile says so itself, by `lost`.
    pollGently(() => this.#device.queue.onSubmittedWorkDone())
      .then(() => this.ran(dispatches))
      .then(answered, answered);
  }

  /** Forgets what is encoded and frees the uniforms: nothing may be encoded any more. */
  destroy(): void {
    this.#closePass();
    this.#encoder = null;
    this.#uniforms.destroy();
  }

  #open(): GPUCommandEncoder {
    this.#encoder ??= this.#device.createCommandEncoder();
    return this.#encoder;
  }

  #openPass(label: string): GPUComputePassEncoder {
    if (!this.#pass) {
      const timestampWrites = this.profiler?.next(label);
      this.#pass = this.#open().beginComputePass(timestampWrites ? { timestampWrites } : {});
    }
    return this.#pass;
  }

  #closePass(): void {
    this.#pass?.end();
    this.#pass = null;
  }
}

// An open WebGPU device with its buffers, kernels, command encoder and read-back.
import { DeviceError, DeviceLostError } from "../errors.js";
import { pollGently } from "./adapter/polling.js";
import type { Caps } from "./caps.js";
import { findCollector } from "./collector.js";
import { Encoder } from "./encoder.js";
import { type Alive, Growth } from "./growth.js";
import { type KernelSource, type Pipeline, PipelineCache } from "./pipelines.js";
import { BufferPool, type PooledBuffer, type PoolStats } from "./pool.js";
import { type KernelTime, Profiler } from "./profiler.js";
import { Readback } from "./readback.js";
import { type AdapterInfo, type DeviceOptions, type RequestedGpu, requestGpu } from "./request.js";
import { hang } from "./verdict.js";
import { type DeviceWarning, warn } from "./warn.js";

/** What a device has done, and what it holds. */
export interface DeviceStats extends PoolStats {
  /** Kernels launched and command buffers submitted so far. */
  dispatches: number;
  submits: number;
  /** Bind groups made so far: a step that repeats makes none. */
  bindGroups: number;
  /** Bind groups kept for reuse. */
  keptBindGroups: number;
  /** Bind groups that wait for JavaScript's collector, which alone can free them. */
  forgottenBindGroups: number;
  /** Kernels compiled. */
  pipelines: number;
}

const GIB = 2 ** 30;
/** Kernels that may wait to run: some hundred steps of a small net. Without a bound a program would queue minutes of work. */
const MAX_PENDING = 32_768;

/** An open device: the adapter, its memory and what is queued on it. `openDevice()` and `Device.open()` make one. */
export class Device {
  readonly gpu: GPUDevice;
  readonly adapter: AdapterInfo;
  readonly caps: Caps;
  readonly #pool: BufferPool;
  readonly #pipelines: PipelineCache;
  readonly #encoder: Encoder;
  readonly #readback: Readback;
  /**
   * Resolves with the reason when the GPUDevice goes: to the driver, or to whoever destroys it. Never rejects. Its tensors are gone
   * then; docs/lost-device.md shows how to go on.
   */
  readonly lost: Promise<DeviceLostError>;
  /** Whether the page made `gpu`, and goes on with it. */
  readonly #borrowed: boolean;
  readonly #growth = new Growth();
  readonly #warn: (warning: DeviceWarning) => void;
  #failure: Error | null = null;
  readonly #fail = (error: Error): void => {
    this.#failure ??= error;
  };

  private constructor({ gpu, adapter, caps }: RequestedGpu, collect: () => void, options: DeviceOptions) {
    this.gpu = gpu;
    this.#borrowed = options.device !== undefined;
    this.adapter = Object.freeze(adapter);
    this.caps = Object.freeze(caps); // what kernels are made for
    this.#warn = options.onWarning ?? warn;
    const budget = options.memoryBudget ?? (caps.kind === "software" ? 8 * GIB : Number.POSITIVE_INFINITY);
    const largest = caps.maxBindingBytes - (caps.maxBindingBytes % 16);
    this.#encoder = new Encoder(gpu, () => this.#pool.trim(), collect);
    this.#pool = new BufferPool(
      gpu,
      { budget, keep: options.poolCap ?? GIB, largest },
      {
        onError: this.#fail,
        onDestroy: (buffers) => this.#encoder.bindGroups.drop(buffers),
        flush: () => this.#encoder.flush(),
      },
    );
    this.#pipelines = new PipelineCache(gpu);
    this.#readback = new Readback(gpu, this.#encoder);
    gpu.addEventListener("uncapturederror", this.#onError);
    this.lost = gpu.lost.then(
      ({ reason, message }) => this.#lose(`the device was lost (${reason}): ${message}`),
      (cause) => this.#lose("the device was lost", { cause }),
    );
  }

  /** An error that no scope took. Of a device that the page uses too it may be the page's, which must hear of it as well. */
  readonly #onError = (event: Event): void => {
    if (!this.#borrowed) event.preventDefault();
    this.#fail(rejected((event as GPUUncapturedErrorEvent).error.message, this.#borrowed));
  };

  /** Opens the best adapter (or `options.adapter`). Throws DeviceError, with the reason and the remedy, when there is none. ConfigError for options that are none. */
  static async open(options: DeviceOptions = {}): Promise<Device> {
    return new Device(await requestGpu(options), await findCollector(), options);
  }

  /**
   * A buffer of at least `bytes`; `what` names the asker in errors. Throws OutOfMemoryError, and DeviceError where
   * 32,768 kernels wait to run: nothing is lost then, and all goes on once they have.
   * @internal
   */
  acquire(bytes: number, what: string): PooledBuffer {
    this.check();
    if (this.#encoder.pending >= MAX_PENDING) {
      throw new DeviceError(
        `${what}: ${this.#encoder.pending} kernels wait to run, and nobody waits for them`,
        "await a result's data(), or device.sync(), once in some steps",
      );
    }
    return this.#pool.acquire(bytes, what);
  }

  /** @internal */
  release(buffer: PooledBuffer): void {
    this.#pool.release(buffer);
  }

  /** @internal */
  write(buffer: PooledBuffer, data: ArrayBufferView<ArrayBuffer>): void {
    this.#encoder.write(buffer, data);
  }

  /**
   * The first `bytes` of `buffer`. Rejects with the ShaderError of a kernel they hang on, and with the sticky failure.
   * @internal
   */
  async read(buffer: PooledBuffer, bytes: number): Promise<ArrayBuffer> {
    this.check();
    const { hangsOn } = buffer;
    let data: ArrayBuffer;
    try {
      data = await this.#readback.read(buffer, bytes);
      await this.#pipelines.settled();
      this.check();
    } catch (cause) {
      this.check(); // the failure behind a rejected map says more than the map does
      throw new DeviceError(`reading ${bytes} bytes back failed`, "", { cause });
    }
    for (const { error } of hangsOn) if (error) throw error;
    return data;
  }

  /** @internal */
  compile(source: KernelSource): Pipeline {
    return this.#pipelines.get(source);
  }

  /**
   * Encodes one kernel. Throws the ShaderError of one that did not compile; where that is not known yet, its results do
   * when they are read.
   * @internal
   */
  dispatch(
    pipeline: Pipeline,
    buffers: readonly PooledBuffer[],
    uniforms: Uint8Array,
    groups: readonly number[],
  ): void {
    const { access, verdict } = pipeline;
    if (verdict.error) throw verdict.error;
    hang(buffers, access, verdict);
    if (!verdict.pending) {
      this.#encoder.dispatch(pipeline, buffers, uniforms, groups);
      return;
    }
    this.#encoder.dispatchAlone(pipeline, buffers, uniforms, groups).then(async (error) => {
      await this.#pipelines.settled(); // a kernel that did not compile is the better reason
      if (error && !verdict.error) this.#fail(rejected(error.message, false));
    }, this.#fail);
  }

  /**
   * Hears what is alive at the end of a backward pass, and warns of a loop that leaves more at each.
   * @internal
   */
  heed(alive: Alive): void {
    const warning = this.#growth.hear(alive);
    if (warning) this.#warn(warning);
  }

  /** Submits what is encoded without waiting. */
  flush(): void {
    this.#encoder.flush();
    this.#pool.trim(); // again: with nothing to submit there was no trim, and buffers may have been released since
  }

  /** Waits until everything encoded so far has run. Rejects with the sticky failure. */
  async sync(): Promise<void> {
    this.flush();
    const { dispatches } = this.#encoder;
    await pollGently(() => this.gpu.queue.onSubmittedWorkDone());
    this.#encoder.ran(dispatches);
    await this.#pipelines.settled();
    this.check();
  }

  /** Throws the sticky failure, if any: a lost device or a rejected command makes every later result meaningless. A kernel that did not compile fails its own results alone. */
  check(): void {
    if (this.#failure) throw this.#failure;
  }

  /** Whether `check()` throws: the device is of no more use. */
  get failed(): boolean {
    return this.#failure !== null;
  }

  /** Buffer, kernel and bind-group counters. */
  get stats(): DeviceStats {
    const { dispatches, submits, bindGroups } = this.#encoder;
    const { made, kept, forgotten } = bindGroups;
    const groups = { bindGroups: made, keptBindGroups: kept, forgottenBindGroups: forgotten };
    return { ...this.#pool.stats, dispatches, submits, ...groups, pipelines: this.#pipelines.size };
  }

  /** Gives the memory kept for reuse back to the driver, and starts `peakBytes` anew. */
  trim(): void {
    this.flush();
    this.#pool.trim(0);
    this.#pool.resetPeak();
  }

  /**
   * Runs `fn` and returns the device time of each kernel dispatched until it has ended. Throws DeviceError without
   * timestamp queries, and while another profile runs: each would miss the other's kernels.
   */
  async profile(fn: () => void | Promise<void>): Promise<KernelTime[]> {
    if (!this.gpu.features.has("timestamp-query")) {
      throw new DeviceError(`profile: ${this.adapter.name} has no timestamp queries`, "time whole steps instead");
    }
    if (this.#encoder.profiler) throw new DeviceError("profile: another one is running", "await it first");
    this.#encoder.flush();
    const profiler = new Profiler(this.gpu);
    this.#encoder.profiler = profiler;
    try {
      try {
        await fn();
      } finally {
        this.#encoder.flush();
        this.#encoder.profiler = null;
      }
      return await profiler.times().catch((cause: unknown) => {
        this.check(); // the loss behind it says more than a rejected map does
        throw new DeviceError("profile: reading the times failed", "", { cause });
      });
    } finally {
      profiler.destroy();
    }
  }

  /** Gives the device back; one that the page gave stays its own, and loses what was made on it. Its tensors can no longer be used. */
  destroy(): void {
    this.#fail(new DeviceLostError("the device was destroyed", "open a new one with openDevice()"));
    this.gpu.removeEventListener("uncapturederror", this.#onError); // it holds this object
    if (!this.#borrowed) {
      this.gpu.destroy();
      return;
    }
    this.#encoder.destroy();
    this.#readback.destroy();
    this.#pool.destroy();
  }

  [Symbol.dispose](): void {
    this.destroy();
  }

  /** The reason of the loss; what failed before stays what later calls throw. */
  #lose(message: string, options?: { cause: unknown }): DeviceLostError {
    if (this.#failure instanceof DeviceLostError) return this.#failure;
    const error = new DeviceLostError(
      message,
      "open a new device and load the last state; its tensors are gone",
      options,
    );
    this.#failure ??= error;
    return error;
  }
}

/** What a refused command means; of a device that others use too it may be theirs. */
const rejected = (message: string, borrowed: boolean): DeviceError =>
  new DeviceError(
    `WebGPU: ${message}`,
    borrowed
      ? "it came from this package or from other code that uses the GPUDevice: see the console"
      : "a defect of this package: report it with `zerosiam doctor`",
  );

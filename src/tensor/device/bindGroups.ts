// Bind groups by the buffers they bind. They cannot be destroyed, only forgotten: the least recently used are, and the
// forgotten are collected before the driver can run out of what they hold (a mapping of memory each on lavapipe).
import type { Pipeline } from "./pipelines.js";
import type { PooledBuffer } from "./pool.js";

/** Most groups kept. A step that needs more makes them anew each time; SAR on a net of depth 60 needs 4,000. */
const KEPT = 8192;
/** Groups that may wait for the collector. Linux gives a process 65,530 mappings; with those kept it is a fifth of them. */
const FORGOTTEN = 4096;

interface Entry {
  readonly group: GPUBindGroup;
  readonly buffers: readonly PooledBuffer[];
}

export class BindGroups {
  readonly #make: (pipeline: Pipeline, buffers: readonly PooledBuffer[]) => GPUBindGroup;
  readonly #collect: () => void;
  /** Least recently used first. */
  readonly #kept = new Map<string, Entry>();
  readonly #registry: FinalizationRegistry<null>;
  #collected = 0;
  /** Forgotten since the collector was last called. */
  #uncalled = 0;
  /** Groups made so far: a step that repeats makes none. */
  made = 0;

  /** `collect` runs the collector, where that can be done. */
  constructor(make: (pipeline: Pipeline, buffers: readonly PooledBuffer[]) => GPUBindGroup, collect: () => void) {
    this.#make = make;
    this.#collect = collect;
    this.#registry = new FinalizationRegistry(() => void this.#collected++);
  }

  get kept(): number {
    return this.#kept.size;
  }

  /** Groups that the driver still holds though nobody can use them. */
  get forgotten(): number {
    return this.made - this.#collected - this.#kept.size;
  }

  get(pipeline: Pipeline, buffers: readonly PooledBuffer[]): GPUBindGroup {
    let key = pipeline.access;
    for (const buffer of buffers) key += `,${buffer.id}`;
    let entry = this.#kept.get(key);
    if (entry) {
      this.#kept.delete(key); // to come last
    } else {
      if (this.#kept.size >= KEPT) this.#forget(this.#kept.keys().next().value as string);
      entry = { group: this.#make(pipeline, buffers), buffers };
      this.#registry.register(entry.group, null);
      this.made++;
    }
    this.#kept.set(key, entry);
    return entry.group;
  }

  /** Forgets the groups of buffers that were destroyed, which would keep them from being collected. */
  drop(destroyed: ReadonlySet<PooledBuffer>): void {
    for (const [key, { buffers }] of this.#kept) {
      if (buffers.some((buffer) => destroyed.has(buffer))) this.#forget(key);
    }
  }

  /** Calls the collector once enough has been forgotten. What it finds is freed when the event loop next turns. */
  collect(): void {
    if (this.#uncalled < FORGOTTEN) return;
    this.#uncalled = 0;
    this.#collect();
  }

  #forget(key: string): void {
    this.#kept.delete(key);
    this.#uncalled++;
  }
}

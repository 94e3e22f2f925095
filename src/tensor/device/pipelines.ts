// Compiled kernels, cached by their text, with WGSL errors made typed.
import { ShaderError } from "../errors.js";
import type { Verdict } from "./verdict.js";

/** A kernel's text and how it binds memory: binding 0 is its uniforms, then the storage buffers in the order of `access`. */
export interface KernelSource {
  readonly label: string;
  readonly code: string;
  /** One letter a storage binding: `r` read-only, `w` read-write. */
  readonly access: string;
}

export interface Pipeline {
  readonly gpu: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly access: string;
  readonly label: string;
  readonly verdict: Verdict;
}

const COMPUTE = 0x4; // GPUShaderStage.COMPUTE

export class PipelineCache {
  readonly #device: GPUDevice;
  /** Compilations not yet judged. */
  readonly #judging = new Set<Promise<void>>();
  readonly #pipelines = new Map<string, Pipeline>();
  readonly #layouts = new Map<string, { bind: GPUBindGroupLayout; pipeline: GPUPipelineLayout }>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  get size(): number {
    return this.#pipelines.size;
  }

  /** The pipeline for `source`, compiled on first use. Where that fails its verdict becomes a ShaderError naming the kernel. */
  get(source: KernelSource): Pipeline {
    const key = `${source.access}\n${source.code}`;
    const hit = this.#pipelines.get(key);
    if (hit) return hit;
    const pipeline = this.#compile(source);
    this.#pipelines.set(key, pipeline);
    return pipeline;
  }

  #compile({ label, code, access }: KernelSource): Pipeline {
    const layouts = this.#layout(access);
    this.#device.pushErrorScope("internal");
    this.#device.pushErrorScope("validation");
    const module = this.#device.createShaderModule({ label, code });
    const gpu = this.#device.createComputePipeline({ label, layout: layouts.pipeline, compute: { module } });
    return { gpu, layout: layouts.bind, access, label, verdict: this.#judge(label) };
  }

  /** Waits until every kernel compiled so far is known to be right or wrong. */
  async settled(): Promise<void> {
    await Promise.all(this.#judging);
  }

  /** The verdict of the two error scopes that were pushed: WGSL that is wrong, and a driver that gave up. */
  #judge(label: string): Verdict {
    const verdict: Verdict = { pending: true, error: null };
    const fail = (why: string, cause?: unknown) => {
      verdict.error = new ShaderError(`${label}: its kernel did not compile${why}`, HELP, { cause });
    };
    const scopes = Promise.all([this.#device.popErrorScope(), this.#device.popErrorScope()]);
    const judged = scopes
      .then(
        ([invalid, internal]) => {
          const error = invalid ?? internal;
          if (error) fail(`\n${error.message}`);
        },
        (cause: unknown) => fail("", cause),
      )
      .finally(() => {
        verdict.pending = false;
        this.#judging.delete(judged);
      });
    this.#judging.add(judged);
    return verdict;
  }

  #layout(access: string): { bind: GPUBindGroupLayout; pipeline: GPUPipelineLayout } {
    let layouts = this.#layouts.get(access);
    if (!layouts) {
      const storage = [...access].map((letter, i) => ({
        binding: i + 1,
        visibility: COMPUTE,
        buffer: { type: letter === "r" ? ("read-only-storage" as const) : ("storage" as const) },
      }));
      const uniforms = {
        binding: 0,
        visibility: COMPUTE,
        buffer: { type: "uniform" as const, hasDynamicOffset: true },
      };
      const bind = this.#device.createBindGroupLayout({ entries: [uniforms, ...storage] });
      layouts = { bind, pipeline: this.#device.createPipelineLayout({ bindGroupLayouts: [bind] }) };
      this.#layouts.set(access, layouts);
    }
    return layouts;
  }
}

const HELP = "this is a defect of the kernel: report it with the adapter that `zerosiam doctor` prints";

// One method on its way through streams and scenarios: steps, times, records.

import type { Batch, Stream } from "../data/streams/index.js";
import type { Module } from "../nn/index.js";
import { deviceOf, type Tensor, tensor } from "../tensor/index.js";
import type { CollapseWarning } from "../zerosiam/alarm.js";
import type { CollapseGuard } from "../zerosiam/guard.js";
import type { Method } from "../zerosiam/methods/index.js";
import { StreamRecorder } from "./recorder.js";
import type { Phase, Scenario } from "./scenarios/index.js";

/** Runs one method and keeps what it did. */
export class Runner {
  readonly recorder: StreamRecorder;
  /** Batches that changed nothing because their gradient was not finite. */
  notUpdated = 0;
  /** What the guard warned of. */
  readonly warnings: CollapseWarning[] = [];
  /** Wall time of the steps, read-back included. */
  seconds = 0;

  /**
   * @param length images of all that it will see
   * @param guard hears what `method` answers while it learns
   */
  constructor(
    readonly method: Method,
    length: number,
    readonly guard: CollapseGuard | null = null,
  ) {
    this.recorder = new StreamRecorder(method.model.numClasses, length);
  }

  /**
   * Learns from a batch, waits for it and records it; resolves to a warning if the guard gives one. Rejects with
   * NonFiniteError for images that are not finite.
   */
  async step(batch: Batch, images: Tensor): Promise<CollapseWarning | null> {
    const start = performance.now();
    const { logits, metrics } = this.method.step(images);
    const answers = await logits.data();
    const report = await metrics.read();
    this.seconds += (performance.now() - start) / 1000;
    this.recorder.record(batch, answers as Float32Array, report);
    if (!report.updated && report.kept !== 0) this.notUpdated++; // a batch of which nothing is kept is no failure
    const warning = this.guard?.observe(answers as Float32Array) ?? null;
    if (warning) this.warnings.push(warning);
    return warning;
  }

  /** Answers a batch without learning from it, and records the answers. */
  async answer(batch: Batch, images: Tensor): Promise<void> {
    const start = performance.now();
    using logits = this.method.predict(images);
    const answers = await logits.data();
    this.seconds += (performance.now() - start) / 1000;
    this.recorder.record(batch, answers as Float32Array);
  }

  /** Wall time of the steps, read-back included, by image; NaN before the first. */
  get secondsPerImage(): number {
    return this.seconds / this.recorder.n;
  }
}

/** What `runScenario` calls on the way. */
export interface ScenarioHooks {
  /** Asked before each batch: true ends the run, which then has no result. */
  readonly stopped?: () => boolean;
  /** Told after each batch. */
  readonly onBatch?: (phase: Phase, runner: Runner) => void;
}

/**
 * Leads `method`, from the state it is in, through the phases of a scenario. Returns a runner for each name of a phase,
 * in their order, or null when it was stopped: half a scenario is no figure.
 */
export async function runScenario(
  method: Method,
  { phases, reset }: Scenario,
  { stopped, onBatch }: ScenarioHooks = {},
): Promise<Map<string, Runner> | null> {
  const runners = new Map<string, Runner>();
  for (const { name } of phases) {
    const length = phases.filter((phase) => phase.name === name).reduce((sum, { stream }) => sum + stream.length, 0);
    if (!runners.has(name)) runners.set(name, new Runner(method, length));
  }
  for (const phase of phases) {
    const runner = runners.get(phase.name) as Runner;
    if (reset === "phase") method.reset();
    for (const batch of phase.stream) {
      if (stopped?.()) return null;
      if (reset === "batch") method.reset();
      using images = upload(batch, method.model);
      await (phase.adapt ? runner.step(batch, images) : runner.answer(batch, images));
      onBatch?.(phase, runner);
    }
  }
  return runners;
}

/** The images of a batch on the device of the model that will see them. */
export function upload({ images, shape }: Batch, model: Module): Tensor {
  return tensor(images, shape, { device: deviceOf(model.stateDict().values()) });
}

/** The positions of `stream` that `method`, frozen as it is, answers wrongly: what the blind spot is made of. */
export async function misclassified(method: Method, stream: Stream): Promise<number[]> {
  const runner = new Runner(method, stream.length);
  for (const batch of stream) {
    using images = upload(batch, method.model);
    await runner.answer(batch, images);
  }
  return runner.recorder.predictions.flatMap((prediction, at) => (prediction === stream.sample(at).label ? [] : [at]));
}

// One run past the collapse alarm: when the model collapsed, as a probe shows it, and when the alarm said so.

import type { Batch, Stream } from "../../src/data/streams/index.js";
import { StreamRecorder } from "../../src/experiments/recorder.js";
import { loadDigitsModel } from "../../src/nn/models/registry.js";
import { tensor } from "../../src/tensor/index.js";
import { CollapseAlarm } from "../../src/zerosiam/alarm.js";
import { CollapseGuard } from "../../src/zerosiam/guard.js";
import { createMethod, type Method, type MethodOptions } from "../../src/zerosiam/methods/index.js";

/** Images between two probes: a whole number of batches. */
const PROBE_EVERY = 64;

/** Images that are answered frozen along the run, so that collapse is seen whatever class the stream is showing. */
export class Probe {
  private constructor(
    private readonly batch: Batch,
    /** Accuracy of the source model. */
    readonly source: number,
  ) {}

  /** Of the one batch that `stream` holds. */
  static async of(stream: Stream): Promise<Probe> {
    const [batch] = [...stream];
    const method = createMethod("source", await loadDigitsModel(), { lr: 0 });
    const probe = new Probe(batch, await accuracyOn(batch, method));
    release(method);
    return probe;
  }

  accuracy(method: Method): Promise<number> {
    return accuracyOn(this.batch, method);
  }
}

async function accuracyOn(batch: Batch, method: Method): Promise<number> {
  using images = tensor(batch.images, batch.shape);
  using logits = method.predict(images);
  const recorder = new StreamRecorder(method.model.numClasses, batch.labels.length);
  return recorder.record(batch, (await logits.data()) as Float32Array).accuracy;
}

export interface Watched {
  readonly accuracy: number;
  /** Images seen when the model had collapsed; null if it did not. */
  readonly onset: number | null;
  /** Images seen at each warning. */
  readonly warnings: readonly number[];
}

/** Runs a method that nobody holds back, with the alarm listening. */
export async function watch(name: string, options: MethodOptions, stream: Stream, probe: Probe): Promise<Watched> {
  const method = createMethod(name, await loadDigitsModel(), options);
  const alarm = new CollapseAlarm(method.model.numClasses);
  const warnings: number[] = [];
  const probes: ProbePoint[] = [];
  const accuracy = await run(method, stream, async (logits, images) => {
    if (alarm.observe(logits)) warnings.push(images);
    if (images % PROBE_EVERY === 0) probes.push({ images, accuracy: await probe.accuracy(method) });
  });
  release(method);
  return { accuracy, onset: onsetOf(probes, probe.source), warnings };
}

export interface ProbePoint {
  readonly images: number;
  readonly accuracy: number;
}

/** Images seen at the first probe from which on all are below half the source's accuracy; null if there is none. */
export function onsetOf(probes: readonly ProbePoint[], source: number): number | null {
  const well = probes.findLastIndex(({ accuracy }) => accuracy >= source / 2);
  return probes[well + 1]?.images ?? null;
}

export interface HeldBack {
  readonly accuracy: number;
  readonly rollbacks: number;
}

/** The same run, rolled back by the guard's reach, at half the rates from then on, whenever the alarm fires. */
export async function holdBack(name: string, options: MethodOptions, stream: Stream): Promise<HeldBack> {
  const history = CollapseGuard.historyFor(stream.batchSize);
  const method = createMethod(name, await loadDigitsModel(), { ...options, history });
  const guard = new CollapseGuard(method, { response: "rollback" });
  let rollbacks = 0;
  const accuracy = await run(method, stream, async (logits) => {
    if (guard.observe(logits)) rollbacks++;
  });
  release(method);
  return { accuracy, rollbacks };
}

/** Online accuracy; `after` is given the answers to each batch and how many images were seen. */
async function run(method: Method, stream: Stream, after: (logits: Float32Array, images: number) => Promise<void>) {
  const recorder = new StreamRecorder(method.model.numClasses, stream.length);
  for (const batch of stream) {
    using images = tensor(batch.images, batch.shape);
    const logits = (await method.step(images).logits.data()) as Float32Array;
    recorder.record(batch, logits);
    await after(logits, recorder.n);
  }
  return recorder.accuracy;
}

function release(method: Method): void {
  method.dispose();
  method.model.dispose();
}

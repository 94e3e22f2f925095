// Training the digits classifier: cross-entropy, AdamW with a cosine rate, shifted copies. Resumes at any epoch.

import type { ImageSet } from "../data/imageSet.js";
import { AdamW, type DigitsNet, loadTensors, saveTensors } from "../nn/index.js";
import { backward, CheckpointError, ConfigError, deviceOf, Rng, scope, type Tensor, tensor } from "../tensor/index.js";
import { FORMATS, storedFormat } from "./format.js";

export interface TrainOptions {
  readonly epochs: number;
  readonly seed: number;
  readonly batch: number;
  /** Peak rate. */
  readonly lr: number;
  /** Written after every epoch, and resumed from when it is there. */
  readonly checkpoint: string;
  /** Called after every batch. Returning false stops after it; the last checkpoint stands. */
  onBatch?(progress: TrainProgress): boolean;
}

export interface TrainProgress {
  readonly epoch: number;
  readonly step: number;
  readonly steps: number;
}

const KIND = "checkpoint of a training";
const MAX_SHIFT = 2; // pixels, either way
const WARMUP = 0.1; // of all steps
const WEIGHT_DECAY = 0.05;

/**
 * Trains `model` on `set` and returns the epochs done. The order and the shifts of an epoch follow from the seed and the
 * epoch alone, so that a resumed run is the run that was interrupted. Throws CheckpointError for a checkpoint that is damaged or of another run (then the model is
 * as it was), ConfigError for a batch larger than the set.
 */
export async function trainDigits(model: DigitsNet, set: ImageSet, options: TrainOptions): Promise<number> {
  if (options.batch > set.count) {
    throw new ConfigError(`training: batches of ${options.batch} out of ${set.count} images`, "use smaller batches");
  }
  const optimizer = new AdamW(model.namedParameters(), { lr: options.lr, weightDecay: WEIGHT_DECAY });
  try {
    return await runEpochs(model, optimizer, set, options);
  } finally {
    optimizer.dispose();
  }
}

async function runEpochs(model: DigitsNet, optimizer: AdamW, set: ImageSet, options: TrainOptions): Promise<number> {
  const device = deviceOf(model.parameters());
  const perEpoch = Math.floor(set.count / options.batch);
  let epoch = await resume(model, optimizer, options);
  model.train().requiresGrad(true);
  for (; epoch < options.epochs; epoch++) {
    const rng = new Rng(options.seed).fork("epoch").fork(epoch);
    const order = rng.shuffle(Array.from({ length: set.count }, (_, i) => i));
    for (let step = 0; step < perEpoch; step++) {
      optimizer.lr = rateAt((epoch * perEpoch + step) / (options.epochs * perEpoch), options.lr);
      const rows = order.slice(step * options.batch, (step + 1) * options.batch);
      trainStep(model, optimizer, set, rows, rng);
      if (step % 16 === 15) await device.sync(); // bounds what is queued
      if (options.onBatch?.({ epoch, step, steps: perEpoch }) === false) return epoch;
    }
    await save(model, optimizer, epoch + 1, options);
  }
  return epoch;
}

/** The first epoch to run: 0, or the one after the checkpoint's. */
async function resume(model: DigitsNet, optimizer: AdamW, options: TrainOptions): Promise<number> {
  const { existsSync } = await import("node:fs");
  if (!existsSync(options.checkpoint)) return 0;
  const { tensors, metadata } = await loadTensors(options.checkpoint, { device: deviceOf(model.parameters()) });
  try {
    const epoch = checkRun(metadata, options);
    const part = (prefix: string) =>
      new Map([...tensors].flatMap(([k, t]) => (k.startsWith(prefix) ? [[k.slice(prefix.length), t]] : [])));
    optimizer.loadState(part("optimizer."));
    model.loadStateDict(part("model.")); // last: only the model outlives a failure
    return epoch;
  } finally {
    for (const loaded of tensors.values()) loaded.dispose();
  }
}

/** The epochs done, if the checkpoint is of this run. */
function checkRun(metadata: ReadonlyMap<string, string>, options: TrainOptions): number {
  storedFormat(options.checkpoint, KIND, metadata);
  const run = metadata.get("run");
  if (run !== runOf(options)) {
    throw new CheckpointError(
      `${options.checkpoint}: of the run ${run ?? "unknown"}, not ${runOf(options)}`,
      "delete it to start anew, or pass the options it was made with",
    );
  }
  const text = metadata.get("epoch") ?? "";
  if (/^\d+$/.test(text) && Number(text) <= options.epochs) return Number(text);
  throw new CheckpointError(
    `${options.checkpoint}: epoch is ${JSON.stringify(text)} of ${options.epochs}`,
    "the file is damaged; delete it to start anew",
  );
}

async function save(model: DigitsNet, optimizer: AdamW, epoch: number, options: TrainOptions): Promise<void> {
  const tensors = new Map<string, Tensor>();
  for (const [name, t] of model.stateDict()) tensors.set(`model.${name}`, t);
  for (const [name, t] of optimizer.state()) tensors.set(`optimizer.${name}`, t);
  await saveTensors(options.checkpoint, tensors, [
    ["format", String(FORMATS[KIND])],
    ["run", runOf(options)],
    ["epoch", String(epoch)],
  ]);
}

/** What two trainings must share for one to go on where the other stopped. */
function runOf({ epochs, seed, batch, lr }: TrainOptions): string {
  return JSON.stringify({ epochs, seed, batch, lr });
}

/** Linear warm-up, then half a cosine down to zero (Loshchilov & Hutter 2017). */
function rateAt(progress: number, peak: number): number {
  if (progress < WARMUP) return (peak * progress) / WARMUP;
  return 0.5 * peak * (1 + Math.cos((Math.PI * (progress - WARMUP)) / (1 - WARMUP)));
}

function trainStep(model: DigitsNet, optimizer: AdamW, set: ImageSet, rows: readonly number[], rng: Rng): void {
  scope(() => {
    const on = { device: deviceOf(model.parameters()) };
    const images = tensor(shiftedBatch(set, rows, rng), [rows.length, 1, set.height, set.width], on);
    const target = tensor(
      Int32Array.from(rows, (row) => set.labels[row]),
      [rows.length],
      on,
    );
    backward(model.forward(images).crossEntropy(target));
    optimizer.step();
    optimizer.zeroGrad();
  });
}

/** Images in [0, 1], each moved by up to MAX_SHIFT pixels. */
function shiftedBatch(
  { images, height, width }: ImageSet,
  rows: readonly number[],
  rng: Rng,
): Float32Array<ArrayBuffer> {
  const pixels = height * width;
  const batch = new Float32Array(rows.length * pixels);
  for (const [i, row] of rows.entries()) {
    const dy = rng.int(2 * MAX_SHIFT + 1) - MAX_SHIFT;
    const dx = rng.int(2 * MAX_SHIFT + 1) - MAX_SHIFT;
    for (let y = Math.max(0, dy); y < Math.min(height, height + dy); y++) {
      for (let x = Math.max(0, dx); x < Math.min(width, width + dx); x++) {
        batch[i * pixels + y * width + x] = images[row * pixels + (y - dy) * width + (x - dx)] / 255;
      }
    }
  }
  return batch;
}

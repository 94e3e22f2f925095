// Whole adaptation runs of ResNet-20 on a shifted stream: online accuracy against PyTorch's.
import { join } from "node:path";
import { type ImageSet, toImageSet } from "../data/imageSet.js";
import { type Order, Stream } from "../data/streams/index.js";
import { Runner } from "../experiments/runner.js";
import { loadSafetensors } from "../nn/index.js";
import { toInt32 } from "../nn/io/convert.js";
import { readDocument } from "../nn/io/whole.js";
import { loadModel, modelEntry } from "../nn/models/registry.js";
import { type Tensor, tensor } from "../tensor/index.js";
import { createMethod, type Method } from "../zerosiam/methods/index.js";
import { compared, type ParityResult, tensorOf } from "./compare.js";
import { checkFields, isCount, isNumber, isText } from "./schema.js";

/** The file of a folder that holds such runs. */
export const CIFAR_RUNS = "adapt.json";

export interface CifarRun {
  readonly method: string;
  readonly model: string;
  readonly order: Order;
  readonly batch: number;
  readonly lr: number;
  readonly lrPredictor: number;
  /** PyTorch's. */
  readonly accuracy: number;
}

/** 1.5 points, eight images: near a threshold runs in f32 and f64 part. The methods differ by up to nine points. */
const TOLERANCE = { rtol: 0, atol: 0.015 };

/** Runs the runs that are wanted. One that cannot be run counts as failed. Throws CheckpointError when the stream cannot be read or misses a tensor. */
export async function runCifarAdaptation(folder: string, wanted: (run: CifarRun) => boolean): Promise<ParityResult[]> {
  const { stream, runs } = await readRuns(join(folder, CIFAR_RUNS));
  const path = join(folder, stream);
  const file = await loadSafetensors(path);
  const set = toImageSet(file, path);
  const shuffles = toInt32(tensorOf(file.tensors, "permutations"), path);
  const results: ParityResult[] = [];
  for (const run of runs.filter(wanted)) results.push(await runOne(folder, { set, shuffles }, run));
  return results;
}

async function readRuns(path: string): Promise<{ stream: string; runs: CifarRun[] }> {
  const document = await readDocument(path, "fixtures are JSON documents");
  checkFields(path, document, { stream: isText, runs: Array.isArray });
  const found = document as { stream: string; runs: CifarRun[] };
  for (const [i, run] of found.runs.entries()) {
    const names = { method: isText, model: isText, order: isText, batch: isCount };
    checkFields(`${path}: runs[${i}]`, run, { ...names, lr: isNumber, lrPredictor: isNumber, accuracy: isNumber });
  }
  return found;
}

/** `shuffles` are the permutations of 4 × 4 patches for each position of the stream, [N, 16]. */
interface ShiftedStream {
  readonly set: ImageSet;
  readonly shuffles: Int32Array;
}

/** DeYO's permutations of one batch after another. */
function inTurn(shuffles: Int32Array): (batch: number) => Tensor {
  let at = 0;
  return (batch) => {
    const rows = shuffles.slice(at, at + 16 * batch);
    at += 16 * batch;
    return tensor(rows, [batch, 16]);
  };
}

async function runOne(folder: string, { set, shuffles }: ShiftedStream, run: CifarRun): Promise<ParityResult> {
  return compared(`${run.model}/${run.method}`, async (comparison) => {
    const model = await loadModel(run.model, join(folder, `${run.model}.safetensors`));
    try {
      const { lr, lrPredictor } = run;
      const method = createMethod(run.method, model, { lr, lrPredictor, permutations: inTurn(shuffles) });
      try {
        comparison.add("accuracy", [await onlineAccuracy(method, set, run)], [run.accuracy], TOLERANCE);
      } finally {
        method.dispose();
      }
    } finally {
      model.dispose();
    }
  });
}

async function onlineAccuracy(method: Method, set: ImageSet, { model, order, batch }: CifarRun): Promise<number> {
  const { normalization } = modelEntry(model);
  const stream = new Stream({ set, order, batchSize: batch, normalization });
  const runner = new Runner(method, stream.length);
  for (const shown of stream) {
    using images = tensor(shown.images, shown.shape);
    await runner.step(shown, images);
  }
  return runner.recorder.accuracy;
}

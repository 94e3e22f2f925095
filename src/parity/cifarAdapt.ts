// Whole adaptation runs of ResNet-20 on a shifted stream: online accuracy against PyTorch's.
import { join } from "node:path";
import { type ImageSet, toImageSet } from "../data/imageSet.js";
import { type Order, Stream } from "../data/streams/index.js";
import { Runner } from "../experiments/runner.js";
import { loadSafetensors } from "../nn/index.js";
import { toInt32 } from "../nn/io/convert.js";
import { loadModel, modelEntry } from "../nn/models/registry.js";
import { type Tensor, tensor } from "../tensor/index.js";
import { createMethod, type Method } from "../zerosiam/methods/index.js";
import { compared, type ParityResult, tensorOf } from "./compare.js";
import { checkFields, checkFixtureFormat, isCount, isNumber, isRecord, isText, listOf, readFixture } from "./schema.js";

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

/**
 * Runs the runs that are wanted. One that cannot be run counts as failed. Throws CheckpointError when the document is none,
 * and when the stream cannot be read or misses a tensor.
 */
export async function runCifarAdaptation(folder: string, wanted: (run: CifarRun) => boolean): Promise<ParityResult[]> {
  const source = join(folder, CIFAR_RUNS);
  const document = await readFixture(source);
  checkFixtureFormat(source, document);
  checkFields(source, document, { stream: isText, runs: listOf(isRecord) });
  const { stream, runs } = document as { stream: string; runs: CifarRun[] };
  const path = join(folder, stream);
  const file = await loadSafetensors(path);
  const set = toImageSet(file, path);
  const shuffles = toInt32(tensorOf(file.tensors, "permutations"), path);
  const results: ParityResult[] = [];
  for (const run of runs.filter(wanted)) results.push(await runOne(folder, { set, shuffles }, run));
  return results;
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
  const name = `${run.model}/${run.method}`;
  return compared(name, async (comparison) => {
    checkFields(`${CIFAR_RUNS}: ${name}`, run, {
      ...{ method: isText, model: isText, order: isText, batch: isCount },
      ...{ lr: isNumber, lrPredictor: isNumber, accuracy: isNumber },
    });
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

// The CIFAR-10 fixture: logits and features of the real ResNet-20 on 512 clean images, against PyTorch in float64.
import { join } from "node:path";
import { loadImageSet } from "../data/imageSet.js";
import { Stream } from "../data/streams/index.js";
import { BatchNorm2d, type Classifier, loadTensors } from "../nn/index.js";
import { loadModel, modelEntry } from "../nn/models/registry.js";
import { noGrad, scope, type Tensor, type TypedArray, tensor } from "../tensor/index.js";
import { type Comparison, compared, type FixtureTolerance, type ParityResult, tensorOf } from "./compare.js";

/** The file that tells such a folder from others. */
export const CIFAR_IMAGES = "clean512.safetensors";

interface CifarCase {
  /** Prefix of the stored tensors. */
  readonly name: string;
  readonly model: string;
  readonly batchStatistics: boolean;
  readonly logits: FixtureTolerance;
  readonly features: FixtureTolerance;
}

/**
 * Tolerances as the step fixtures state theirs: 16 times the error that PyTorch itself makes in float32 (2.13, CPU: of
 * the logits 1.4e-5, 2.0e-4 and 1.6e-5; of the features 1.5e-6, 2.3e-5 and 1.5e-6), and 1e-4 relative.
 */
const within = (logits: number, features: number) => ({
  logits: { rtol: 1e-4, atol: 16 * logits },
  features: { rtol: 1e-4, atol: 16 * features },
});

const CASES: readonly CifarCase[] = [
  { name: "resnet20.eval", model: "resnet20", batchStatistics: false, ...within(1.4e-5, 1.5e-6) },
  { name: "resnet20.batchstats64", model: "resnet20", batchStatistics: true, ...within(2e-4, 2.3e-5) },
  { name: "resnet20_gn", model: "resnet20_gn", batchStatistics: false, ...within(1.6e-5, 1.5e-6) },
];

/** Runs the cases of the models in `only`, or all. Throws CheckpointError when the images cannot be read. */
export async function runCifarParity(folder: string, only?: readonly string[]): Promise<ParityResult[]> {
  const path = join(folder, CIFAR_IMAGES);
  const set = await loadImageSet(path);
  const { tensors: stored } = await loadTensors(path);
  const results: ParityResult[] = [];
  for (const one of CASES.filter(({ model }) => !only || only.includes(model))) {
    const { normalization } = modelEntry(one.model);
    results.push(await runCase(one, folder, new Stream({ set, batchSize: 64, normalization }), stored));
  }
  for (const tensor of stored.values()) tensor.dispose();
  return results;
}

async function runCase(
  one: CifarCase,
  folder: string,
  stream: Stream,
  stored: ReadonlyMap<string, Tensor>,
): Promise<ParityResult> {
  return compared(one.name, async (comparison) => {
    const model = await loadModel(one.model, join(folder, `${one.model}.safetensors`));
    try {
      await compare(one, comparison, model, stream, stored);
    } finally {
      model.dispose();
    }
  });
}

async function compare(
  one: CifarCase,
  comparison: Comparison,
  model: Classifier,
  stream: Stream,
  stored: ReadonlyMap<string, Tensor>,
): Promise<void> {
  const want = async (what: string): Promise<TypedArray> => tensorOf(stored, `${one.name}.${what}`).data();
  const wantLogits = await want("logits");
  model.eval();
  for (const [, module] of model.namedModules()) {
    if (module instanceof BatchNorm2d) module.useBatchStatistics = one.batchStatistics;
  }
  for (const { step, images, shape } of stream) {
    const { features, logits } = noGrad(() =>
      scope(() => {
        const features = model.features(tensor(images, shape));
        return { features, logits: model.classify(features) };
      }),
    );
    const got = await logits.data();
    const from = (step - 1) * stream.batchSize * model.numClasses;
    comparison.add(`batch ${step} logits`, got, wantLogits.subarray(from, from + got.length), one.logits);
    if (step === 1) {
      comparison.add("features", await features.data(), await want("features_first64"), one.features);
    }
    features.dispose();
    logits.dispose();
  }
}

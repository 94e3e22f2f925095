// The models that are known by name, and the weights that ship with the package.
import { formatValue } from "../../tensor/arguments.js";
import { ConfigError } from "../../tensor/index.js";
import { assetPath } from "../io/assets.js";
import { loadWeights, type WeightOptions } from "../io/checkpoint.js";
import type { ByteSource } from "../io/source.js";
import { BatchNorm2d } from "../layers/batchNorm.js";
import { GroupNorm, type Norm } from "../layers/norm.js";
import type { Classifier } from "./classifier.js";
import { DigitsNet } from "./digitsNet.js";
import { ResNet20 } from "./resnet20.js";

/** What images are fed as, per channel or with one value for all: (x/255 − mean) / std. */
export interface Normalization {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Leaves x/255 as it is. */
export const UNIT: Normalization = Object.freeze({ mean: Object.freeze([0]), std: Object.freeze([1]) });

/** What a model's name stands for. */
export interface ModelEntry {
  /** The model with fresh weights. */
  make(): Classifier;
  /** What the logits stand for, in their order. */
  readonly classes: readonly string[];
  /** Of one image. */
  readonly inputShape: readonly [channels: number, height: number, width: number];
  /** What the published weights were trained with. */
  readonly normalization: Normalization;
}

const DIGITS = Array.from({ length: 10 }, (_, digit) => String(digit));
const CIFAR10 = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];
const IMAGENET_STATISTICS: Normalization = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/** ResNet-20 on CIFAR-10; its published weights were trained with the colour statistics of ImageNet. */
function resnet20(norm: (channels: number) => Norm): ModelEntry {
  const make = () => new ResNet20({ norm });
  return { make, classes: CIFAR10, inputShape: [3, 32, 32], normalization: IMAGENET_STATISTICS };
}

const ENTRIES = new Map<string, ModelEntry>([
  ["digits", { make: () => new DigitsNet(), classes: DIGITS, inputShape: [1, 28, 28], normalization: UNIT }],
  ["resnet20", resnet20((channels) => new BatchNorm2d(channels))],
  ["resnet20_gn", resnet20((channels) => new GroupNorm(8, channels))],
]);
for (const [name, entry] of ENTRIES) ENTRIES.set(name, frozen(entry));

/** A copy that whoever looks an entry up cannot change for the others. */
function frozen({ make, classes, inputShape: [channels, height, width], normalization }: ModelEntry): ModelEntry {
  const { mean, std } = normalization;
  return Object.freeze({
    make,
    classes: Object.freeze([...classes]),
    inputShape: Object.freeze([channels, height, width] as const),
    normalization: Object.freeze({ mean: Object.freeze([...mean]), std: Object.freeze([...std]) }),
  });
}

const NAMES = [...ENTRIES.keys()];
/** The names that are known: those that `--model` takes, and those that were registered. */
export const MODELS: readonly string[] = NAMES;

const isList = (value: unknown, what: string): value is unknown[] =>
  Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === what);

/** What each field of an entry must be. */
const FIELDS: Readonly<Record<keyof ModelEntry, (value: unknown) => boolean>> = {
  make: (value) => typeof value === "function",
  classes: (value) => isList(value, "string"),
  inputShape: (value) => isList(value, "number") && value.length === 3,
  normalization: (value) => isList(Object(value).mean, "number") && isList(Object(value).std, "number"),
};

/** Makes a model of your own known by name, to all that takes one. Throws ConfigError for a name that is taken or no text. */
export function registerModel(name: string, entry: ModelEntry): void {
  if (typeof name !== "string" || name === "") {
    throw new ConfigError(`registerModel: the name is ${formatValue(name)}`, "pass a text that it will be called by");
  }
  if (ENTRIES.has(name)) {
    throw new ConfigError(`the model ${formatValue(name)} is there already`, `taken are ${MODELS.join(", ")}`);
  }
  const odd = Object.entries(FIELDS).find(([field, fits]) => !fits(Object(entry)[field]));
  if (odd) {
    const got = formatValue(Object(entry)[odd[0]]);
    const help =
      "pass { make, classes: their names, inputShape: [channels, height, width], normalization: { mean: […], std: […] } }";
    throw new ConfigError(`registerModel: ${odd[0]} of ${formatValue(name)} is ${got}`, help);
  }
  ENTRIES.set(name, frozen(entry));
  NAMES.push(name);
}

/** What a name stands for. Throws ConfigError for a name that is not in MODELS. */
export function modelEntry(name: string): ModelEntry {
  const entry = ENTRIES.get(name);
  if (entry) return entry;
  throw new ConfigError(`unknown model ${formatValue(name)}`, `choose one of ${MODELS.join(", ")}`);
}

/** A model with the weights of a file. Throws ConfigError for a name not in MODELS, CheckpointError for weights that do not fit. */
export async function loadModel(name: string, weights: ByteSource, options: WeightOptions = {}): Promise<Classifier> {
  const model = modelEntry(name).make();
  try {
    return await loadWeights(model, weights, options);
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** The shipped source model of the digits, or one with weights of your own. Bundled pages must say where they serve `assets/digits.safetensors`. */
export async function loadDigitsModel(weights?: ByteSource): Promise<Classifier> {
  return loadModel("digits", weights ?? (await assetPath("digits.safetensors")));
}

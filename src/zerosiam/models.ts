// The models that are known by name, and the weights that ship with the package.
import { type Classifier, DigitsNet, loadWeights } from "../nn/index.js";
import { ConfigError } from "../tensor/index.js";
import { assetPath } from "./data/assets.js";

const MODEL_FACTORIES: Readonly<Record<string, () => Classifier>> = {
  digits: () => new DigitsNet(),
};

/** The names that `--model` takes. */
export const MODELS: readonly string[] = Object.keys(MODEL_FACTORIES);

/** Images of each corruption in the streams of the demo and the evaluation: half of what the validation part has. */
export const DIGITS_LIMIT = 500;
/** The rates that validation chose for ZeroSiam on such a stream (`zerosiam evaluate`); the demo gives Tent the same. */
export const DIGITS_RATES = { lr: 1e-3, lrPredictor: 1e-2 };

/** A model with the weights of a file. Throws ConfigError for a name not in MODELS, CheckpointError for weights that do not fit. */
export async function loadModel(name: string, weights: string): Promise<Classifier> {
  if (!Object.hasOwn(MODEL_FACTORIES, name)) {
    throw new ConfigError(`unknown model ${JSON.stringify(name)}`, `choose one of ${MODELS.join(", ")}`);
  }
  const model = MODEL_FACTORIES[name]();
  try {
    return await loadWeights(model, weights);
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** The shipped source model of the digits. */
export async function loadDigitsModel(): Promise<Classifier> {
  return loadModel("digits", await assetPath("digits.safetensors"));
}

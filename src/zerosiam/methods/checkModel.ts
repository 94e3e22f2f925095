// What a model must have for a method to adapt it: looked for before anything is touched, and told by name.
import { type Classifier, Module, Norm } from "../../nn/index.js";
import { unnamedModules } from "../../nn/unnamed.js";
import { formatValue } from "../../tensor/arguments.js";
import { ConfigError, DTypeError, ShapeError, Tensor } from "../../tensor/index.js";

const HELP =
  "extend nn.Classifier: features(images) gives [B, numFeatures], classify(features) gives logits [B, numClasses]";

/** Throws ConfigError, in the name of `owner`, unless `model` is a classifier of two classes or more without hidden norms. */
export function checkClassifier(owner: string, model: unknown): asserts model is Classifier {
  if (!(model instanceof Module)) throw new ConfigError(`${owner}: the model is ${formatValue(model)}`, HELP);
  const what = model.constructor.name;
  const parts = model as Module & Partial<Classifier>;
  const lacks = [
    ...(["features", "classify"] as const).filter((name) => typeof parts[name] !== "function"),
    ...(["numFeatures", "numClasses"] as const).filter(
      (name) => !(Number.isSafeInteger(parts[name]) && Number(parts[name]) > 0),
    ),
  ];
  if (lacks.length > 0) throw new ConfigError(`${owner}: ${what} lacks ${lacks.join(", ")}`, HELP);
  if (parts.numClasses === 1) {
    throw new ConfigError(
      `${owner}: ${what} has one class: its entropy is 0, whatever it sees`,
      "give it two: logits [u, 0] are a sigmoid's",
    );
  }
  checkFields(owner, model);
}

/** Throws ConfigError for a normalisation layer in a list that the model does not name: it would neither load nor adapt. */
function checkFields(owner: string, model: Module): void {
  const hidden = [...unnamedModules(model)].find(([, part]) =>
    [...part.namedModules()].some(([, m]) => m instanceof Norm),
  );
  if (!hidden) return;
  throw new ConfigError(
    `${owner}: ${model.constructor.name} has a normalisation layer in ${hidden[0]}, which is a list and not searched`,
    "put the list in an nn.Sequential, or name its modules in children()",
  );
}

/** Throws ConfigError, ShapeError or DTypeError unless `images` are an f32 batch `[B, …]` of one or more. */
export function checkImages(owner: string, images: Tensor): void {
  const help = "pass a batch with B ≥ 1: images [B, channels, H, W], vectors [B, d]";
  if (!(images instanceof Tensor)) {
    throw new ConfigError(`${owner}: images are ${formatValue(images)}`, `${help}, as tensor(data, shape)`);
  }
  if (images.rank < 2 || images.size === 0) throw new ShapeError(`${owner}: images are ${images}`, help);
  if (images.dtype !== "f32") throw new DTypeError(`${owner}: images are ${images}`, 'cast("f32") and normalise them');
}

/** `features`, if they are f32 `[B, numFeatures]`. Throws ShapeError or DTypeError. */
export function checkFeatures(owner: string, features: Tensor, batch: number, { numFeatures }: Classifier): Tensor {
  return checkRows(
    `${owner}: the model's features`,
    features,
    [batch, numFeatures],
    "features(images) gives [B, d], and numFeatures is d",
  );
}

/**
 * `logits`, if they are f32 `[B, numClasses]`. Throws ShapeError or DTypeError: a map of logits `[B, C, H, W]` would be
 * learnt from along its width, and other classes than the model says would go unseen.
 */
export function checkLogits(owner: string, logits: Tensor, batch: number, { numClasses }: Classifier): Tensor {
  return checkRows(
    `${owner}: the model's logits`,
    logits,
    [batch, numClasses],
    "classify gives [B, C], one row an image, and numClasses is C",
  );
}

function checkRows(what: string, rows: Tensor, shape: readonly number[], help: string): Tensor {
  if (!(rows instanceof Tensor)) throw new ConfigError(`${what} are ${formatValue(rows)}`, help);
  if (String(rows.shape) !== String(shape))
    throw new ShapeError(`${what} are ${rows}, not [${shape.join(", ")}]`, help);
  if (rows.dtype !== "f32") throw new DTypeError(`${what} are ${rows}`, 'cast("f32") them');
  return rows;
}

// Test-time adaptation: ZeroSiam, its baselines, streams and metrics.
export { type DigitsPart, loadDigits } from "./data/digits.js";
export { type ImageSet, loadImageSet } from "./data/imageSet.js";
export { alignment, entropy } from "./losses.js";
export {
  configureNorms,
  createMethod,
  METHODS,
  Method,
  type MethodOptions,
  type Objective,
  Source,
  StepMetrics,
  type StepReport,
  type StepResult,
  type StepTerms,
  Tent,
  type TentOptions,
  ZeroSiam,
  type ZeroSiamOptions,
} from "./methods/index.js";
export { loadDigitsModel, loadModel, MODELS, type ModelEntry, modelEntry } from "./models.js";
export { Predictor } from "./predictor.js";
export * from "./streams/index.js";

// Test-time adaptation: ZeroSiam, its baselines, streams and metrics.
export {
  type AlarmOptions,
  type AlarmReference,
  type AlarmState,
  CollapseAlarm,
  type CollapseWarning,
} from "./alarm.js";
export { type DigitsPart, loadDigits } from "./data/digits.js";
export {
  type ImageSet,
  type ImageSource,
  loadImageSet,
  type MadeImages,
  type OpenImages,
  openImageSet,
} from "./data/imageSet.js";
export { noiseImages } from "./data/noise.js";
export { CollapseGuard, type GuardOptions } from "./guard.js";
export { alignment, entropy } from "./losses.js";
export * from "./methods/index.js";
export {
  type CalibrationBin,
  costRatio,
  forgetting,
  type Interval,
  meanWithInterval,
  pairedDifference,
  type SafeRange,
  safeRange,
  type Tally,
} from "./metrics/index.js";
export { loadDigitsModel, loadModel, MODELS, type ModelEntry, modelEntry, registerModel } from "./models.js";
export { Predictor } from "./predictor.js";
export { StreamRecorder, type StreamRow, type StreamTerms } from "./recorder.js";
export { misclassified, Runner, runScenario, type ScenarioHooks } from "./runner.js";
export * from "./streams/index.js";

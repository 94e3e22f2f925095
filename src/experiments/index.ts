// Experiments: scenarios, the runs of methods through them, and what is measured.
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
export {
  type Labels,
  type StreamCounts,
  StreamRecorder,
  type StreamReport,
  type StreamRow,
  type StreamTerms,
} from "./recorder.js";
export { misclassified, Runner, runScenario, type ScenarioHooks } from "./runner.js";
export {
  createScenario,
  type Phase,
  type ResetPolicy,
  SCENARIOS,
  type Scenario,
  type ScenarioName,
  type ScenarioOptions,
} from "./scenarios/index.js";

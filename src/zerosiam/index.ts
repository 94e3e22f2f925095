// Test-time adaptation: ZeroSiam, its baselines, and the alarm that hears a collapse.
export {
  type AlarmOptions,
  type AlarmReference,
  type AlarmState,
  CollapseAlarm,
  type CollapseWarning,
} from "./alarm.js";
export { type Answer, answers } from "./answers.js";
export { CollapseGuard, type GuardOptions } from "./guard.js";
export { alignment, DIVERGENCES, entropy, OBJECTIVES, type SampleDivergence, type SampleLoss } from "./losses.js";
export * from "./methods/index.js";
export { PREDICTORS, Predictor } from "./predictor.js";

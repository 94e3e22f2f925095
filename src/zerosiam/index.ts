// Test-time adaptation: ZeroSiam, its baselines, and the alarm that hears a collapse.
export {
  type AlarmOptions,
  type AlarmReference,
  type AlarmState,
  CollapseAlarm,
  type CollapseWarning,
} from "./alarm.js";
export { CollapseGuard, type GuardOptions } from "./guard.js";
export { alignment, entropy } from "./losses.js";
export * from "./methods/index.js";
export { Predictor } from "./predictor.js";

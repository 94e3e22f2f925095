// What is measured, each in one place with its formula.
export { answers } from "./answers.js";
export type { CalibrationBin } from "./calibration.js";
export { costRatio, forgetting, type SafeRange, safeRange } from "./comparison.js";
export { DominantShare } from "./dominance.js";
export { type Interval, meanWithInterval, pairedDifference } from "./statistics.js";
export { Tally } from "./tally.js";

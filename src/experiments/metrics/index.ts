// What is measured, each in one place with its formula.
export { answers } from "../../zerosiam/answers.js";
export { DominantShare } from "../../zerosiam/dominance.js";
export type { CalibrationBin } from "./calibration.js";
export { costRatio, forgetting, type SafeRange, safeRange } from "./comparison.js";
export { type Interval, meanWithInterval, pairedDifference } from "./statistics.js";
export { Tally } from "./tally.js";

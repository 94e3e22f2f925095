// What is measured over answers, each in one place with its formula; of one answer: zerosiam/answers.ts and dominance.ts.
export type { CalibrationBin } from "./calibration.js";
export { costRatio, forgetting, type SafeRange, safeRange } from "./comparison.js";
export { type Interval, meanWithInterval, pairedDifference } from "./statistics.js";
export { Tally } from "./tally.js";

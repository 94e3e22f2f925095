// Streams of corrupted images: what the commands and the examples import.
export {
  CORRUPTION_NAMES,
  CORRUPTIONS,
  type Corruption,
  type CorruptionName,
  corrupt,
  type Severity,
} from "./corruptions/index.js";
export { type Normalization, normalize } from "./normalize.js";
export type { Order } from "./order.js";
export type { Sample } from "./pool.js";
export {
  createScenario,
  type Phase,
  type ResetPolicy,
  SCENARIOS,
  type Scenario,
  type ScenarioName,
  type ScenarioOptions,
} from "./scenarios/index.js";
export { type Batch, Stream, type StreamOptions } from "./stream.js";

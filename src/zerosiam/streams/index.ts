// Streams of corrupted images: what the commands and the examples import.
import { CORRUPTION_NAMES } from "./corruptions/index.js";
import type { StreamOptions } from "./stream.js";

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

/**
 * The streams that methods are judged on, to be spread into StreamOptions: i.i.d. (over the corruptions that the caller
 * names), online label shift (all corruptions pooled, sorted by class), mixed (all pooled and shuffled), batch size 1.
 */
export const STREAMS = {
  iid: { order: "shuffle", batchSize: 64 },
  classOrdered: { corruptions: CORRUPTION_NAMES, order: "class-mixed", batchSize: 16 },
  mixed: { corruptions: CORRUPTION_NAMES, order: "shuffle", batchSize: 64 },
  batchSize1: { corruptions: CORRUPTION_NAMES, order: "shuffle", batchSize: 1 },
} satisfies Record<string, Partial<StreamOptions>>;

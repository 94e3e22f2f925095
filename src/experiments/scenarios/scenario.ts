// What a scenario is: streams one after another, and when the method starts anew.

import { CORRUPTION_NAMES, type CorruptionName, isCorruptible } from "../../data/corruptions/index.js";
import type { ImageSource } from "../../data/imageSet.js";
import type { Order } from "../../data/streams/order.js";
import { STREAM_OPTIONS, type Stream, type StreamOptions } from "../../data/streams/stream.js";
import { ConfigError } from "../../tensor/errors.js";

/** A stretch of a scenario. */
export interface Phase {
  /** Phases of one name are measured together. */
  readonly name: string;
  readonly stream: Stream;
  /** Whether the method learns from it (and is measured online, before each update), or only answers, frozen. */
  readonly adapt: boolean;
}

/** When the method goes back to its start: never (continual), before every phase, or before every batch (episodic). */
export const RESETS = ["never", "phase", "batch"] as const;
/** When a method goes back to the source: never, before each phase, before each batch. */
export type ResetPolicy = (typeof RESETS)[number];

/** What a method is judged on: phases, one after another. */
export interface Scenario {
  readonly phases: readonly Phase[];
  /** Name of the phases whose accuracy is the figure of the scenario. */
  readonly headline: string;
  readonly reset: ResetPolicy;
}

/** How the streams of a scenario are made: each scenario has its own defaults of order, batch size and reset. */
export interface ScenarioOptions extends Omit<StreamOptions, "positions"> {
  /** Default: all twelve on 28 × 28 × 1 images, none on others, which are shown as they are. */
  readonly corruptions?: readonly CorruptionName[];
  /** When the method goes back to its start. Default: as the scenario has it. */
  readonly reset?: ResetPolicy;
  /** Of "return-to-source": the images without shift. Default: `set` without corruptions. */
  readonly clean?: ImageSource;
  /** Of "return-to-source": how often clean accuracy is measured on the way. Default 8. */
  readonly probes?: number;
  /** Of "blind-spot", which needs it: the positions of a stream that the source model answers wrongly. */
  readonly misclassified?: (stream: Stream) => Promise<ArrayLike<number>>;
}

/** What the options of `createScenario` may name. */
export const SCENARIO_OPTIONS: readonly (keyof ScenarioOptions)[] = [
  ...STREAM_OPTIONS.filter((name) => name !== "positions"),
  ...(["reset", "clean", "probes", "misclassified"] as const),
];

/** Throws ConfigError or ShapeError where its options do not fit. */
export type ScenarioMaker = (options: ScenarioOptions) => Promise<Scenario>;

/** The options of a stream, with a scenario's defaults where the caller says nothing. */
export function streamOptions(options: ScenarioOptions, defaults: Partial<StreamOptions>): StreamOptions {
  const { reset: _, clean: __, probes: ___, misclassified: ____, ...given } = options;
  return { corruptions: isCorruptible(options.set) ? CORRUPTION_NAMES : [], ...defaults, ...given };
}

/** "never", for scenarios that measure what an earlier phase leaves behind. Throws ConfigError if another is asked for. */
export function neverReset({ reset = "never" }: ScenarioOptions, scenario: string): ResetPolicy {
  if (reset === "never") return reset;
  throw new ConfigError(`${scenario}: reset "${reset}" would undo what it measures`, 'leave reset out, or say "never"');
}

/** "shuffle", for scenarios whose last phase is frozen: its order changes nothing. Throws ConfigError if another is asked for. */
export function alwaysShuffled({ order = "shuffle" }: ScenarioOptions, scenario: string): Order {
  if (order === "shuffle") return order;
  throw new ConfigError(`${scenario}: order "${order}" would change nothing`, 'leave order out, or say "shuffle"');
}

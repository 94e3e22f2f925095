// In which order a stream shows its samples.
import { ConfigError } from "../../tensor/errors.js";
import type { Rng } from "../../tensor/rng.js";
import type { CorruptionName } from "./corruptions/index.js";

/** One image of a set, under one corruption. */
export interface Sample {
  /** Index of the image in its set. */
  readonly image: number;
  readonly corruption: CorruptionName | "clean";
  readonly label: number;
}

type Arrange = (samples: readonly Sample[], rng: Rng) => readonly Sample[];

/** The sort is stable: samples of a class stay in the order they had. */
const byClass: Arrange = (samples) => samples.toSorted((a, b) => a.label - b.label);
const shuffle: Arrange = (samples, rng) => rng.shuffle(samples);

/**
 * The orders, by name. Over several corruptions "as-is" shows one after another (continual), "shuffle" mixes them
 * (i.i.d.; the paper's mixed), "class" sorts by class (online label shift) and keeps the corruptions apart within each
 * class, and "class-mixed" sorts the mixed stream by class.
 */
const ORDERS = {
  "as-is": (samples) => samples,
  shuffle,
  class: byClass,
  "class-mixed": (samples, rng) => byClass(shuffle(samples, rng), rng),
} satisfies Record<string, Arrange>;

export type Order = keyof typeof ORDERS;

/** `samples` in another order; the same for the same `rng`. Throws ConfigError on an unknown order. */
export function arrange(samples: readonly Sample[], order: Order, rng: Rng): readonly Sample[] {
  if (!Object.hasOwn(ORDERS, order)) {
    throw new ConfigError(`stream: unknown order "${order}"`, `known: ${Object.keys(ORDERS).join(", ")}`);
  }
  return ORDERS[order](samples, rng);
}

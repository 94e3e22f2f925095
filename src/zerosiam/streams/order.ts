// In which order a stream shows its samples. An order is a permutation of slots: four bytes a sample, no objects.
import { ConfigError } from "../../tensor/errors.js";
import type { Rng } from "../../tensor/rng.js";
import { imbalanced } from "./imbalanced.js";

/** What an order may look at: the class of each slot of the pool. */
export interface Arrangeable {
  /** Slots of the pool, from 0. */
  readonly size: number;
  labelOf(slot: number): number;
  /** Of the order "imbalanced" alone. */
  readonly imbalanceRatio: number;
}

type Arrange = (pool: Arrangeable, rng: Rng) => Uint32Array;

const asIs: Arrange = ({ size }) => Uint32Array.from({ length: size }, (_, slot) => slot);
const shuffle: Arrange = (pool, rng) => rng.shuffle(asIs(pool, rng));
/** The sort is stable: samples of a class stay in the order they had. */
const byClass = (slots: Uint32Array, { labelOf }: Arrangeable): Uint32Array =>
  slots.sort((a, b) => labelOf(a) - labelOf(b));

/**
 * The orders, by name. Over several corruptions "as-is" shows one after another, "shuffle" mixes them (i.i.d.; the
 * paper's mixed), "class" sorts by class (online label shift) and keeps the corruptions apart within each class,
 * "class-mixed" sorts the mixed stream by class, and "imbalanced" draws segments in which one class prevails.
 */
const ORDERS = {
  "as-is": asIs,
  shuffle,
  class: (pool, rng) => byClass(asIs(pool, rng), pool),
  "class-mixed": (pool, rng) => byClass(shuffle(pool, rng), pool),
  imbalanced,
} satisfies Record<string, Arrange>;

export type Order = keyof typeof ORDERS;

/** The slots of `pool` in the order in which they are shown; the same for the same `rng`. Throws ConfigError. */
export function arrange(pool: Arrangeable, order: Order, rng: Rng): Uint32Array {
  if (!Object.hasOwn(ORDERS, order)) {
    throw new ConfigError(`stream: unknown order "${order}"`, `known: ${Object.keys(ORDERS).join(", ")}`);
  }
  return ORDERS[order](pool, rng);
}

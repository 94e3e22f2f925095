// In which order a stream shows its samples. An order is a permutation of slots: four bytes a sample, no objects.
import { ConfigError } from "../../tensor/errors.js";
import type { Rng } from "../../tensor/rng.js";
import { dirichlet } from "./dirichlet.js";

/** What an order may look at: the class of each slot of the population. */
export interface Arrangeable {
  /** Slots of the population, from 0. */
  readonly size: number;
  labelOf(slot: number): number;
  /** Of the order "imbalanced" alone. */
  readonly imbalanceRatio: number;
  /** Of the order "dirichlet" alone. */
  readonly concentration: number;
}

type Arrange = (population: Arrangeable, rng: Rng) => Uint32Array;

const asIs: Arrange = ({ size }) => Uint32Array.from({ length: size }, (_, slot) => slot);
const shuffle: Arrange = (population, rng) => rng.shuffle(asIs(population, rng));
/** The sort is stable: samples of a class stay in the order they had. */
const byClass = (slots: Uint32Array, { labelOf }: Arrangeable): Uint32Array =>
  slots.sort((a, b) => labelOf(a) - labelOf(b));

/**
 * The orders, by name. Over several corruptions "as-is" shows one after another, "shuffle" mixes them (i.i.d.; the
 * paper's mixed), "class" sorts by class (online label shift) and keeps the corruptions apart within each class,
 * "class-mixed" sorts the mixed stream by class, "imbalanced" draws segments in which one class prevails, and "dirichlet"
 * draws bursts of classes.
 */
const ORDERS = {
  "as-is": asIs,
  shuffle,
  class: (population, rng) => byClass(asIs(population, rng), population),
  "class-mixed": (population, rng) => byClass(shuffle(population, rng), population),
  imbalanced,
  dirichlet: ({ size, labelOf, concentration }, rng) => dirichlet(size, labelOf, concentration, rng),
} satisfies Record<string, Arrange>;

/** The order in which a stream shows its images. */
export type Order = keyof typeof ORDERS;

/** The names of the orders. */
export const ORDER_NAMES = Object.keys(ORDERS) as Order[];

/** Those that do not look at labels. */
const BLIND: readonly Order[] = ["as-is", "shuffle"];

/** The slots of `population` in the order in which they are shown; the same for the same `rng`. Throws ConfigError. */
export function arrange(population: Arrangeable, order: Order, rng: Rng): Uint32Array {
  if (!Object.hasOwn(ORDERS, order)) {
    throw new ConfigError(`stream: unknown order "${order}"`, `known: ${Object.keys(ORDERS).join(", ")}`);
  }
  const known = (): boolean =>
    Uint32Array.from({ length: population.size }, (_, slot) => slot).every((slot) => population.labelOf(slot) >= 0);
  if (!BLIND.includes(order) && !known()) {
    throw new ConfigError(`stream: order "${order}" of images without labels`, `use ${BLIND.join(" or ")}`);
  }
  return ORDERS[order](population, rng);
}

/**
 * Online label shift with an imbalance ratio (Niu et al. 2023, SAR, "online imbalanced label distribution shifts"):
 * C segments, one for each class that occurs, the classes in an order drawn once. The segment of class k is as long as
 * k has samples (N/C each in a balanced set, as in the paper). Each of its samples is of class k with probability
 * r/(r + C − 1) and of any other class with 1/(r + C − 1): r is the ratio of the largest to the smallest. The samples
 * of a class are dealt from its shuffled pile, which is shuffled anew when it runs out. So r = 1 is uniform over
 * classes, and r = ∞ shows every sample once, class after class. Throws ConfigError unless r ≥ 1.
 */
function imbalanced({ size, labelOf, imbalanceRatio: r }: Arrangeable, rng: Rng): Uint32Array {
  if (!(r >= 1)) throw new ConfigError(`stream: imbalanceRatio is ${r}`, "use a number ≥ 1, or Infinity");
  const piles = pilesByClass(size, labelOf, rng.fork("piles"));
  const out = new Uint32Array(size);
  let at = 0;
  for (const major of rng.fork("segments").shuffle(piles)) {
    const others = piles.filter((pile) => pile !== major);
    const pOthers = others.length / (r + others.length); // 0 at r = ∞
    for (const end = at + major.size; at < end; at++) {
      out[at] = (rng.uniform() < pOthers ? rng.choice(others) : major).deal();
    }
  }
  return out;
}

/** A pile for each class that occurs, in the order of the classes. */
function pilesByClass(size: number, labelOf: (slot: number) => number, rng: Rng): Pile[] {
  const counts = new Map<number, number>();
  for (let slot = 0; slot < size; slot++) counts.set(labelOf(slot), (counts.get(labelOf(slot)) ?? 0) + 1);
  const slots = Uint32Array.from({ length: size }, (_, slot) => slot).sort((a, b) => labelOf(a) - labelOf(b));
  const piles: Pile[] = [];
  for (let from = 0; from < size; from += piles[piles.length - 1].size) {
    const label = labelOf(slots[from]);
    piles.push(new Pile(slots.subarray(from, from + (counts.get(label) ?? 0)), rng.fork(label)));
  }
  return piles;
}

/** The samples of a class, dealt one by one; shuffled at first and whenever all have been dealt. */
class Pile {
  readonly size: number;
  #slots: Uint32Array;
  #next = 0;
  readonly #rng: Rng;

  constructor(slots: Uint32Array, rng: Rng) {
    this.size = slots.length;
    this.#rng = rng;
    this.#slots = rng.shuffle(slots);
  }

  deal(): number {
    if (this.#next === this.size) {
      this.#slots = this.#rng.shuffle(this.#slots);
      this.#next = 0;
    }
    return this.#slots[this.#next++];
  }
}

// The order "imbalanced": its segments, its probabilities against the formula, its ends (uniform, class-sorted).
import { describe, expect, it } from "vitest";
import { arrange } from "../../src/data/streams/order.js";
import { ConfigError } from "../../src/tensor/errors.js";
import { Rng } from "../../src/tensor/rng.js";

/** `each` samples of each class; slot s is of class s mod `classes`. */
function labelsOf(
  classes: number,
  each: number,
  imbalanceRatio: number,
  seed = 5,
): { slots: Uint32Array; labels: number[] } {
  const population = {
    size: classes * each,
    labelOf: (slot: number) => slot % classes,
    imbalanceRatio,
    concentration: 1,
  };
  const slots = arrange(population, "imbalanced", new Rng(seed));
  return { slots, labels: Array.from(slots, population.labelOf) };
}

/** Share of the most frequent class of each segment, and which it is. */
function segments(labels: number[], each: number): { top: number; share: number }[] {
  return Array.from({ length: labels.length / each }, (_, i) => {
    const counts = new Map<number, number>();
    for (const label of labels.slice(i * each, (i + 1) * each)) counts.set(label, (counts.get(label) ?? 0) + 1);
    const [top, n] = [...counts].sort(([, a], [, b]) => b - a)[0];
    return { top, share: n / each };
  });
}

describe("the imbalanced order", () => {
  it("gives each segment's class the probability r/(r + C − 1)", () => {
    const [classes, each] = [10, 4000];
    for (const r of [2, 9, 81]) {
      const parts = segments(labelsOf(classes, each, r).labels, each);
      expect(parts.map(({ top }) => top).sort((a, b) => a - b)).toEqual(Array.from({ length: classes }, (_, i) => i));
      const p = r / (r + classes - 1);
      const deviation = Math.sqrt((p * (1 - p)) / each);
      for (const { share } of parts) expect(Math.abs(share - p)).toBeLessThan(4.5 * deviation);
    }
  });

  it("spreads the rest evenly over the other classes, and everything at r = 1", () => {
    const [classes, each] = [4, 30_000];
    for (const r of [1, 5]) {
      const { labels } = labelsOf(classes, each, r);
      const first = labels.slice(0, each);
      const shares = [0, 1, 2, 3].map((c) => first.filter((label) => label === c).length / each).sort((a, b) => b - a);
      const want = 1 / (r + classes - 1);
      for (const share of shares.slice(1)) expect(Math.abs(share - want)).toBeLessThan(4.5 * Math.sqrt(want / each));
    }
  });

  it("shows every sample once, class after class in shuffled order, at r = ∞", () => {
    const { slots, labels } = labelsOf(10, 50, Number.POSITIVE_INFINITY);
    expect([...slots].sort((a, b) => a - b)).toEqual(Array.from({ length: 500 }, (_, i) => i));
    const order = segments(labels, 50);
    expect(order.every(({ share }) => share === 1)).toBe(true);
    expect(order.map(({ top }) => top)).not.toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([...slots.slice(0, 50)]).not.toEqual([...slots.slice(0, 50)].sort((a, b) => a - b));
  });

  it("deals a class's samples evenly: none a third time before each was shown twice", () => {
    const { slots } = labelsOf(3, 40, 1);
    const seen = new Map<number, number[]>();
    for (const slot of slots) {
      const counts = seen.get(slot % 3) ?? Array<number>(40).fill(0);
      counts[Math.floor(slot / 3)]++;
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      seen.set(slot % 3, counts);
    }
  });

  it("follows the seed, has segments as long as classes are large, and refuses ratios below 1", () => {
    expect(labelsOf(5, 20, 3).slots).toEqual(labelsOf(5, 20, 3).slots);
    expect(labelsOf(5, 20, 3).slots).not.toEqual(labelsOf(5, 20, 3, 6).slots);
    const uneven = {
      size: 6,
      labelOf: (slot: number) => (slot < 4 ? 7 : 2),
      imbalanceRatio: Number.POSITIVE_INFINITY,
      concentration: 1,
    };
    const labels = Array.from(arrange(uneven, "imbalanced", new Rng(0)), uneven.labelOf);
    expect([[7, 7, 7, 7, 2, 2].join(), [2, 2, 7, 7, 7, 7].join()]).toContain(labels.join());
    for (const bad of [0.5, 0, -1, Number.NaN]) expect(() => labelsOf(3, 2, bad)).toThrow(ConfigError);
  });
});

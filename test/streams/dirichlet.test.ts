// The order "dirichlet": every sample once, bursts of classes, the proportions of its distribution, its refusals.
import { describe, expect, it } from "vitest";
import { proportions } from "../../src/data/streams/dirichlet.js";
import { arrange } from "../../src/data/streams/order.js";
import { ConfigError } from "../../src/tensor/errors.js";
import { Rng } from "../../src/tensor/rng.js";

const CLASSES = 10;
const population = (size: number, concentration: number) => ({
  ...{ size, concentration, imbalanceRatio: 1 },
  labelOf: (slot: number) => slot % CLASSES,
});

const drawn = (size: number, concentration: number, seed = 0): number[] =>
  Array.from(arrange(population(size, concentration), "dirichlet", new Rng(seed)));

/** Share of the samples whose neighbour before is of the same class. */
function repeats(slots: readonly number[]): number {
  const same = slots.filter((slot, i) => i > 0 && slot % CLASSES === slots[i - 1] % CLASSES);
  return same.length / (slots.length - 1);
}

describe("the dirichlet order", () => {
  it("shows every sample once, the same for a seed and another for another", () => {
    const slots = drawn(1000, 0.1);
    expect(slots.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, slot) => slot));
    expect(drawn(1000, 0.1)).toEqual(slots);
    expect(drawn(1000, 0.1, 1)).not.toEqual(slots);
  });

  it("shows every sample once at the ends of what δ may be", () => {
    for (const delta of [1e-300, 1e300]) {
      for (let seed = 0; seed < 20; seed++) expect(new Set(drawn(100, delta, seed)).size, String(delta)).toBe(100);
    }
  });

  it("has at most one burst of each class in each of its segments", () => {
    for (const delta of [1e-3, 0.1, 1, 1e3]) {
      const classes = drawn(1000, delta).map((slot) => slot % CLASSES);
      const bursts = classes.filter((label, i) => i === 0 || label !== classes[i - 1]).length;
      expect(bursts, String(delta)).toBeLessThanOrEqual(CLASSES * CLASSES);
    }
  });

  it("gives each class to one segment as δ → 0, and a like part to all as δ → ∞", () => {
    const whole = drawn(1000, 1e-3).map((slot) => slot % CLASSES);
    expect(whole.filter((label, i) => label !== whole[i - 1]).length).toBeLessThanOrEqual(CLASSES + 2);
    const even = drawn(1000, 1e6);
    for (let segment = 0; segment < CLASSES; segment++) {
      const counts = Array(CLASSES).fill(0);
      for (const slot of even.slice(segment * 100, (segment + 1) * 100)) counts[slot % CLASSES]++;
      for (const count of counts) expect(Math.abs(count - 10)).toBeLessThanOrEqual(2);
    }
    expect(repeats(drawn(1000, 0.1))).toBeGreaterThan(repeats(drawn(1000, 10)));
  });

  it("draws proportions with the Dirichlet distribution's mean 1/C and variance (C − 1) ÷ (C² (C δ + 1))", () => {
    const rng = new Rng(0);
    for (const delta of [0.1, 0.5, 2]) {
      const first = Array.from({ length: 2000 }, () => proportions(CLASSES, delta, rng)[0]);
      const mean = first.reduce((sum, p) => sum + p, 0) / first.length;
      const variance = first.reduce((sum, p) => sum + (p - 0.1) ** 2, 0) / first.length;
      const wanted = (CLASSES - 1) / (CLASSES ** 2 * (CLASSES * delta + 1));
      expect(Math.abs(mean - 0.1), String(delta)).toBeLessThan(4 * Math.sqrt(wanted / first.length));
      expect(variance / wanted, String(delta)).toBeGreaterThan(0.8);
      expect(variance / wanted, String(delta)).toBeLessThan(1.2);
    }
  });

  it("refuses a δ that is none, and images without labels", () => {
    for (const delta of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e-320, 1e308]) {
      expect(() => drawn(10, delta), String(delta)).toThrow(/concentration is .*\n {2}help: use a number from 1e-300/);
    }
    const unlabelled = { ...population(4, 1), labelOf: () => -1 };
    for (const order of ["dirichlet", "class", "imbalanced", "class-mixed"] as const) {
      expect(() => arrange(unlabelled, order, new Rng(0)), order).toThrow(ConfigError);
    }
    expect([...arrange(unlabelled, "as-is", new Rng(0))]).toEqual([0, 1, 2, 3]);
  });
});

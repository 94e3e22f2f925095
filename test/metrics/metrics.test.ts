// The metrics against values worked out by hand, and against answers that are not finite.
import { describe, expect, it } from "vitest";
import {
  accuracy,
  confidences,
  dominantShare,
  expectedCalibrationError,
  meanEntropy,
  meanLogitNorm,
  meanWithInterval,
  predict,
} from "../../src/zerosiam/metrics.js";

const NaNs = [Number.NaN, 0, 0];

describe("predict and accuracy", () => {
  it("take the first of equal logits, and no class for a row that is not finite", () => {
    const predictions = predict(Float32Array.of(1, 3, 3, -1, -2, -3, ...NaNs, 1, Infinity, 0), 3);
    expect([...predictions]).toEqual([1, 0, -1, -1]);
    expect(accuracy(predictions, Int32Array.of(1, 2, 0, 1))).toBe(0.25);
  });
});

describe("meanEntropy", () => {
  it("is ln C for equal logits, 0 for a sure answer, and does not overflow", () => {
    expect(meanEntropy(Float32Array.of(5, 5, 5, 5), 4)).toBeCloseTo(Math.log(4), 14);
    expect(meanEntropy(Float32Array.of(1e30, 0, 0), 3)).toBe(0);
    // p = [3/4, 1/4]: the logit ln 3 is stored in float32, off by 6e-8 at most; dH/du = −p(1−p)·u ≈ −0.2.
    const want = -(0.75 * Math.log(0.75) + 0.25 * Math.log(0.25));
    expect(Math.abs(meanEntropy(Float32Array.of(Math.log(3), 0), 2) - want)).toBeLessThan(6e-8);
  });

  it("leaves out rows that are not finite, and is NaN of nothing else", () => {
    expect(meanEntropy(Float32Array.of(...NaNs, 2, 2, 2), 3)).toBeCloseTo(Math.log(3), 14);
    expect(meanEntropy(Float32Array.of(...NaNs), 3)).toBeNaN();
  });
});

describe("meanLogitNorm", () => {
  it("is the mean of the rows' Euclidean lengths", () => {
    expect(meanLogitNorm(Float32Array.of(3, 4, 0, 0, 0, 1, ...NaNs), 3)).toBe(3);
  });
});

describe("confidences", () => {
  it("are the largest probabilities, 0 where there are none", () => {
    const [half, sure, none] = confidences(Float32Array.of(0, 0, 200, 0, 0, Number.NaN), 2);
    expect([half, sure, none]).toEqual([0.5, 1, 0]);
  });
});

describe("dominantShare", () => {
  it("is null until the window is full, then counts its trailing predictions alone", () => {
    expect(dominantShare([1, 1, 1], 4)).toBeNull();
    expect(dominantShare([7, 7, 7, 7, 1, 2, 2, 3], 4)).toBe(0.5);
  });

  it("counts answers that are none to no class", () => {
    expect(dominantShare([-1, -1, -1, 2], 4)).toBe(0.25);
    expect(dominantShare([-1, -1], 2)).toBe(0);
  });
});

describe("expectedCalibrationError", () => {
  it("weighs each bin's gap by its share", () => {
    // Bin (12/15, 13/15]: 0.85 twice, one right: gap 0.35. Last bin: 0.95 twice, both right: gap 0.05.
    const error = expectedCalibrationError([0.85, 0.85, 0.95, 0.95], [true, false, true, true]);
    expect(error).toBeCloseTo(0.2, 14);
  });

  it("keeps over- and underconfidence of different bins apart, and puts borders into the lower bin", () => {
    expect(expectedCalibrationError([0.5, 1], [true, false], 2)).toBeCloseTo(0.75, 14);
    expect(expectedCalibrationError([0, 0.25], [false, false], 2)).toBeCloseTo(0.125, 14);
  });
});

describe("meanWithInterval", () => {
  it("uses Student's t of n − 1 degrees of freedom", () => {
    // s = √2.5, n = 5, t_4 = 2.776445
    const { mean, ci95 } = meanWithInterval([1, 2, 3, 4, 5]);
    expect(mean).toBe(3);
    expect(ci95).toBeCloseTo(2.776445 * Math.sqrt(2.5 / 5), 5);
  });

  it("has no interval for one run", () => {
    expect(meanWithInterval([0.5])).toEqual({ mean: 0.5, ci95: null });
  });

  it.each([
    [11, 2.200985],
    [20, 2.085963],
    [120, 1.97993],
  ])("is within 2e-4 of the published quantile at %d degrees of freedom", (degrees, quantile) => {
    const n = degrees + 1;
    const values = Array.from({ length: n }, (_, i) => i % 2);
    const mean = values.reduce((a, b) => a + b) / n;
    const s = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / degrees);
    const { ci95 } = meanWithInterval(values);
    expect(Math.abs((ci95 ?? 0) / (s / Math.sqrt(n)) - quantile)).toBeLessThan(2e-4);
  });
});

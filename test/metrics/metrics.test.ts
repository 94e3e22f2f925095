// The metrics: against NumPy and PyTorch on random answers, by hand at the edges, and with answers that are not finite.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Calibration } from "../../src/experiments/metrics/calibration.js";
import {
  costRatio,
  forgetting,
  meanWithInterval,
  pairedDifference,
  safeRange,
  Tally,
} from "../../src/experiments/metrics/index.js";
import { StreamRecorder } from "../../src/experiments/recorder.js";
import { ConfigError } from "../../src/tensor/errors.js";
import { answers } from "../../src/zerosiam/answers.js";
import { DominantShare } from "../../src/zerosiam/dominance.js";

/** As make.py beside it writes it. */
interface Golden {
  classes: number;
  batch: number;
  labels: number[];
  corruption: number[];
  logits: number[];
  pooled: Figures;
  perCorruption: Figures[];
  dominantShare: (number | null)[];
  quantiles: Record<string, number>;
  runs: { a: number[]; b: number[] };
  interval: [number, number];
  paired: [number, number];
}
interface Figures {
  n: number;
  accuracy: number;
  entropy: number;
  logitNorm: number;
  ece: number;
  bins: [n: number, confidence: number | null, accuracy: number | null][];
}

const golden = JSON.parse(readFileSync(new URL("../fixtures/metrics/metrics.json", import.meta.url), "utf8")) as Golden;
const NaNs = [Number.NaN, 0, 0];

/** The tally of answers and their labels. */
function tallyOf(logits: number[], classes: number, labels: number[]): Tally {
  const tally = new Tally();
  for (const [i, answer] of answers(Float32Array.from(logits), classes).entries()) tally.add(answer, labels[i]);
  return tally;
}

/** Float64 sums of some hundred terms: 1e-12 is hundreds of roundings. */
function expectFigures(tally: Tally, want: Figures): void {
  expect(tally.n).toBe(want.n);
  expect(tally.accuracy).toBeCloseTo(want.accuracy, 12);
  expect(tally.entropy).toBeCloseTo(want.entropy, 12);
  expect(tally.logitNorm).toBeCloseTo(want.logitNorm, 11);
  expect(tally.calibrationError).toBeCloseTo(want.ece, 12);
  for (const [i, [n, confidence, accuracy]] of want.bins.entries()) {
    expect(tally.bins[i].n).toBe(n);
    if (confidence === null || accuracy === null) continue;
    expect(tally.bins[i].confidence).toBeCloseTo(confidence, 12);
    expect(tally.bins[i].accuracy).toBeCloseTo(accuracy, 12);
  }
}

describe("the figures of a stream", () => {
  const { classes, batch, labels, corruption, logits } = golden;
  const recorder = new StreamRecorder(classes, labels.length);
  for (let from = 0; from < labels.length; from += batch) {
    const part = labels.slice(from, from + batch);
    const corruptions = corruption.slice(from, from + batch).map(String);
    const rows = Float32Array.from(logits.slice(from * classes, (from + part.length) * classes));
    recorder.record({ labels: Int32Array.from(part), corruptions }, rows);
  }

  it("are NumPy's, pooled and for each corruption", () => {
    expectFigures(recorder.total, golden.pooled);
    for (const [c, want] of golden.perCorruption.entries()) {
      expectFigures(recorder.perCorruption.get(String(c)) as Tally, want);
    }
  });

  it("have NumPy's dominant share after each batch", () => {
    expect(recorder.rows.map(({ dominantShare }) => dominantShare)).toEqual(golden.dominantShare);
  });
});

describe("an answer", () => {
  it("is the first of equal logits, and none for a row that is not finite", () => {
    const rows = answers(Float32Array.of(1, 3, 3, -1, -2, -3, ...NaNs, 1, Infinity, 0), 3);
    expect(rows.map(({ prediction }) => prediction)).toEqual([1, 0, -1, -1]);
  });

  it("has entropy ln C for equal logits, 0 for a sure answer, and does not overflow", () => {
    const [even, sure] = answers(Float32Array.of(5, 5, 5, 5, 1e30, 0, 0, 0), 4);
    expect(even.entropy).toBeCloseTo(Math.log(4), 14);
    expect(even.confidence).toBeCloseTo(0.25, 14);
    expect(sure).toMatchObject({ entropy: 0, confidence: 1 });
  });

  it("has the Euclidean length of its logits", () => {
    expect(answers(Float32Array.of(3, 4), 2)[0].logitNorm).toBe(5);
  });
});

describe("a tally", () => {
  it("counts what is no answer as wrong, without confidence, and leaves it out of the other means", () => {
    const tally = tallyOf([...NaNs, 2, 2, 2], 3, [0, 0]);
    expect(tally).toMatchObject({ n: 2, nonFinite: 1, accuracy: 0.5 });
    expect(tally.entropy).toBeCloseTo(Math.log(3), 14);
    expect(tally.bins[0].n).toBe(1);
    expect(tallyOf(NaNs, 3, [0]).entropy).toBeNaN();
    expect(new Tally().accuracy).toBeNaN();
  });

  it("has no calibration where no image has an answer, which would be a perfect one", () => {
    const [none, sure] = answers(Float32Array.of(...NaNs, 1e3, 0, 0), 3);
    const tally = new Tally();
    tally.add(none, 0);
    tally.add(sure, -1); // no label
    expect(tally).toMatchObject({ accuracy: 0, calibrationError: Number.NaN });
    tally.add(sure, 1);
    expect(tally.calibrationError).toBe(0.5);
  });

  it("leaves images without a label out of accuracy and calibration, and out of nothing else", () => {
    const tally = tallyOf([...NaNs, 1, 1, 1, 1, 1, 1], 3, [-1, -1, 0]);
    expect(tally).toMatchObject({ n: 3, nonFinite: 1, accuracy: 1 });
    expect(tally.bins.reduce((sum, { n }) => sum + n, 0)).toBe(1);
    const unlabelled = tallyOf([...NaNs, 1, 1, 1], 3, [-1, -1]);
    expect(unlabelled.accuracy).toBeNaN();
    expect(unlabelled.calibrationError).toBeNaN();
    expect(unlabelled.entropy).toBeCloseTo(Math.log(3), 14);
  });
});

describe("calibration", () => {
  it("keeps over- and underconfidence of different bins apart, and puts borders into the lower bin", () => {
    const calibration = new Calibration(4);
    calibration.add(0.5, true); // the border of the second and the third
    calibration.add(1, false);
    calibration.add(0, false);
    expect(calibration.bins.map(({ n }) => n)).toEqual([1, 1, 0, 1]);
    expect(calibration.bins[1]).toEqual({ n: 1, confidence: 0.5, accuracy: 1 });
    expect(calibration.bins[2].accuracy).toBeNaN();
    expect(calibration.error).toBeCloseTo((0.5 + 1 + 0) / 3, 14);
    expect(new Calibration().error).toBeNaN();
  });
});

describe("the dominant share", () => {
  const shareAfter = (window: number, predictions: number[]): number | null => {
    const share = new DominantShare(window);
    for (const prediction of predictions) share.add(prediction);
    return share.value;
  };

  it("is null until the window is full, then counts its trailing predictions alone", () => {
    expect(shareAfter(4, [1, 1, 1])).toBeNull();
    expect(shareAfter(4, [7, 7, 7, 7, 1, 2, 2, 3])).toBe(0.5);
  });

  it("counts what is no answer to no class", () => {
    expect(shareAfter(4, [5, -1, -1, -1, 2])).toBe(0.25);
    expect(shareAfter(2, [-1, -1])).toBe(0);
  });
});

describe("over seeds", () => {
  it("the interval is Student's: quantiles by integration of the density", () => {
    for (const [degrees, quantile] of Object.entries(golden.quantiles)) {
      const n = Number(degrees) + 1;
      const values = Array.from({ length: n }, (_, i) => i % 2);
      const mean = values.reduce((a, b) => a + b) / n;
      const s = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / Number(degrees));
      const { ci95 } = meanWithInterval(values);
      expect(Math.abs((ci95 ?? 0) / (s / Math.sqrt(n)) - quantile), `df ${degrees}`).toBeLessThan(2e-4);
    }
    const { mean, ci95 } = meanWithInterval(golden.runs.a);
    expect(mean).toBeCloseTo(golden.interval[0], 14);
    expect(ci95).toBeCloseTo(golden.interval[1], 6); // the table has six digits
  });

  it("one run has no interval", () => {
    expect(meanWithInterval([0.5])).toEqual({ mean: 0.5, ci95: null });
  });

  it("methods are compared seed by seed, whatever the order", () => {
    const bySeed = (runs: number[]) => new Map(runs.map((value, seed) => [seed, value]));
    const { mean, ci95 } = pairedDifference(bySeed(golden.runs.a), new Map([...bySeed(golden.runs.b)].reverse()));
    expect(mean).toBeCloseTo(golden.paired[0], 14);
    expect(ci95).toBeCloseTo(golden.paired[1], 6);
    expect(() => pairedDifference(bySeed([1, 2]), bySeed([1]))).toThrow(ConfigError);
  });
});

describe("against not adapting", () => {
  const RATES = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1];
  const points = [0.62, 0.63, 0.6, 0.62, 0.66, 0.61].map((mean, i) => ({ lr: RATES[i], mean }));

  it("the safe range is the widest run of consecutive rates at or above the source", () => {
    expect(safeRange(points, 0.62)).toEqual({ lowest: 1e-6, highest: 1e-5, decades: expect.closeTo(1, 12) });
    expect(safeRange([...points].reverse(), 0.61)).toMatchObject({ lowest: 1e-3, decades: expect.closeTo(2, 12) });
    expect(safeRange(points, 0.62, 0.025)?.decades).toBeCloseTo(5, 12);
    expect(safeRange(points, 0.65)).toEqual({ lowest: 1e-2, highest: 1e-2, decades: 0 });
    expect(safeRange(points, 0.7)).toBeNull();
    expect(safeRange([{ lr: 0, mean: 1 }], 0.5)).toBeNull();
    expect(safeRange([{ lr: 1, mean: Number.NaN }], 0.5)).toBeNull();
  });

  it("forgetting is negative, and cost a multiple", () => {
    expect(forgetting(0.75, 0.5)).toBe(-0.25);
    expect(costRatio(0.006, 0.002)).toBeCloseTo(3, 12);
  });
});

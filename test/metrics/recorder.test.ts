// The recorder: rows per batch, totals, and answers that are not finite.
import { describe, expect, it } from "vitest";
import { StreamRecorder } from "../../src/experiments/recorder.js";
import { ConfigError, ShapeError } from "../../src/tensor/errors.js";

/** Logits that answer with these classes of three; −1 is a row of NaN. */
function answers(...classes: number[]): Float32Array {
  return Float32Array.from(
    classes.flatMap((c) => (c < 0 ? [Number.NaN, 0, 0] : [0, 1, 2].map((k) => (k === c ? 10 : 0)))),
  );
}

function batch(labels: number[], corruptions: string[]): { labels: Int32Array<ArrayBuffer>; corruptions: string[] } {
  return { labels: Int32Array.from(labels), corruptions };
}

describe("StreamRecorder", () => {
  it("gives a row per batch, and totals over images rather than batches", () => {
    const recorder = new StreamRecorder(3, 6);
    recorder.record(batch([0, 1, 2, 2], ["fog", "fog", "shear", "shear"]), answers(0, 1, 2, 0));
    const row = recorder.record(batch([1, 1], ["shear", "fog"]), answers(2, 2));
    expect(recorder.rows.map(({ step, n, accuracy }) => [step, n, accuracy])).toEqual([
      [1, 4, 0.75],
      [2, 2, 0],
    ]);
    expect(row.logitNorm).toBe(10);
    expect(recorder.n).toBe(6);
    expect(recorder.accuracy).toBe(0.5);
    expect(recorder.predictions).toEqual([0, 1, 2, 0, 2, 2]);
    expect(recorder.classShare).toEqual([
      [0.5, 0.25, 0.25],
      [0, 0, 1],
    ]);
    expect([...recorder.perCorruption].map(([name, { n, accuracy }]) => [name, n, accuracy])).toEqual([
      ["fog", 3, 2 / 3],
      ["shear", 3, 1 / 3],
    ]);
    // Every confidence is e¹⁰/(e¹⁰ + 2), one bin, half of the answers are right.
    expect(recorder.total.calibrationError).toBeCloseTo(1 / (1 + 2 * Math.exp(-10)) - 0.5, 12);
  });

  it("has no dominant share before a quarter of the stream, then that of the trailing quarter", () => {
    const recorder = new StreamRecorder(3, 9); // window ⌈9/4⌉ = 3
    const shares = [[0, 0], [1], [1, 2, 2]].map((classes) => {
      const clean = classes.map(() => "clean");
      return recorder.record(batch(classes, clean), answers(...classes)).dominantShare;
    });
    expect(shares).toEqual([null, 2 / 3, 2 / 3]);
  });

  it("counts answers that are not finite as wrong and keeps them out of the means", () => {
    const recorder = new StreamRecorder(3, 2);
    const row = recorder.record(batch([0, 0], ["clean", "clean"]), answers(-1, 0));
    expect(row).toMatchObject({ accuracy: 0.5, logitNorm: 10 });
    expect(recorder.total.nonFinite).toBe(1);
    expect(recorder.predictions).toEqual([-1, 0]);
    expect(recorder.classShare).toEqual([[0.5, 0, 0]]);
    expect(recorder.record(batch([0], ["clean"]), answers(-1)).entropy).toBeNaN();
  });

  it("carries what a step reported of its samples and of SAR's recoveries", () => {
    const recorder = new StreamRecorder(3, 1);
    const report = { loss: 1, onlineEntropy: 1, alignment: null, predictorDistance: null, firstLoss: 2, average: 1 };
    recorder.record(batch([0], ["clean"]), answers(0), {
      ...report,
      reliable: 5,
      kept: 3,
      recoveries: 2,
      updated: true,
    });
    expect(recorder.terms[0].loss).toBe(1);
    expect(recorder.counts[0]).toEqual({ reliable: 5, kept: 3, recoveries: 2 });
  });

  it("refuses logits that do not fit the labels, and empty batches", () => {
    const recorder = new StreamRecorder(3, 2);
    expect(() => recorder.record(batch([0], ["clean"]), answers(0, 1))).toThrow(ShapeError);
    expect(() => recorder.record(batch([], []), answers())).toThrow(ShapeError);
    expect(recorder.rows).toEqual([]);
  });

  it.each([3, -2])("refuses the label %d of three classes, and keeps nothing of its batch", (label) => {
    const recorder = new StreamRecorder(3, 2);
    const bad = batch([0, label], ["clean", "clean"]);
    expect(() => recorder.record(bad, answers(0, 1))).toThrow(ConfigError);
    expect(() => recorder.record(bad, answers(0, 1))).toThrow(`label 1 of the batch is ${label}`);
    expect([recorder.n, recorder.labelShare]).toEqual([0, []]);
    recorder.record(batch([0, -1], ["clean", "clean"]), answers(0, 1));
    expect(recorder.labelShare).toEqual([[0.5, 0, 0]]);
  });
});

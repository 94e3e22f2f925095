// Condensing: what it keeps exactly, and what it makes short.
import { describe, expect, it } from "vitest";
import { condenseRows } from "../../src/experiments/curves.js";
import { condenseShares, trailingAccuracy } from "../../src/report/condense.js";
import { clock, number, percent, perImage, points, rate, unbrokenRate } from "../../src/report/format.js";

const row = (step: number, n: number, accuracy: number) => ({
  step,
  n,
  accuracy,
  entropy: step,
  logitNorm: 2 * step,
  dominantShare: step > 1 ? 0.5 : null,
  onlineEntropy: step,
  alignment: step > 1 ? 3 : null,
  predictorDistance: step / 10,
});

describe("condensing", () => {
  it("weights means by images, so that a short last batch counts for what it is", () => {
    const [both] = condenseRows([row(1, 3, 1), row(2, 1, 0)], 2);
    expect(both).toEqual({
      step: 2,
      n: 4,
      accuracy: 0.75,
      entropy: 1.25,
      logitNorm: 2.5,
      dominantShare: 0.5,
      onlineEntropy: 1.25,
      alignment: 3, // the first batch has none
      predictorDistance: 0.2,
    });
    expect(trailingAccuracy([row(1, 3, 1), row(2, 1, 0), row(3, 1, 0)], 2)).toEqual([1, 0.75, 0]);
  });

  it("keeps the mass of class shares when many classes become few rows", () => {
    const uniform = Array.from({ length: 6 }, () => new Array<number>(1000).fill(1e-3));
    const shares = condenseShares(uniform, 3);
    expect(shares.length).toBe(2);
    expect(shares[0].length).toBe(50);
    // 1000 additions of values of at most 1: rounding stays below 1000 · 2⁻⁵³.
    expect(Math.abs(shares[0].reduce((a, b) => a + b, 0) - 1)).toBeLessThan(1000 * 2 ** -53);
  });

  it("leaves a group without images undefined instead of 0", () => {
    expect(condenseRows([row(1, 0, 0)], 1)[0].accuracy).toBeNaN();
  });
});

describe("numbers in words", () => {
  it("writes percentages, points, rates, times and plain numbers", () => {
    expect([percent(0.6123), percent(null), percent(Number.NaN), percent(1, 0)]).toEqual([
      "61.2\u00a0%",
      "–",
      "–",
      "100\u00a0%",
    ]);
    expect([points(0.054), points(-0.4), points(-0.0001)]).toEqual(["+5.4", "−40.0", "+0.0"]);
    expect([rate(0), rate(1e-3), rate(2.5e-5), rate(0.5), rate(1), rate(null)]).toEqual([
      "0",
      "1e-3",
      "2.5e-5",
      "5e-1",
      "1",
      "–",
    ]);
    expect(unbrokenRate(1e-3)).toBe("1e\u20113");
    expect([clock(0.4), clock(93), clock(3723), clock(-1)]).toEqual(["0:00", "1:33", "1:02:03", "0:00"]);
    expect([perImage(0.0032), perImage(0.9999), perImage(1.5), perImage(Number.NaN)]).toEqual([
      "3.2 ms",
      "1000 ms",
      "1.50 s",
      "–",
    ]);
    expect([number(0), number(0.01234567), number(1234.5678), number(1e-7), number(null)]).toEqual([
      "0",
      "0.01235",
      "1235",
      "1.00e-7",
      "–",
    ]);
  });
});

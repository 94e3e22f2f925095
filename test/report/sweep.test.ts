// The reports of a sweep: made of cells as they come back from JSON, with every figure that they have data for.
import { describe, expect, it } from "vitest";
import type { Cell } from "../../src/experiments/sweep/cell.js";
import { groupCells } from "../../src/report/group.js";
import { renderReport } from "../../src/report/html.js";
import type { PagePayload } from "../../src/report/payload.js";
import { overviewReport, type SweepFacts, streamReport } from "../../src/report/sweepReport.js";
import { returnCell, sampleCells, sweptCells } from "./cells.js";
import { bundleClient } from "./client.js";
import { scriptText } from "./tags.js";

const client = bundleClient();
const facts: SweepFacts = {
  ...{ command: "zerosiam sweep config.json", created: "2025-01-01T12:00:00.000Z", interrupted: false },
  ...{ adapter: "llvmpipe", versions: {}, config: {}, classes: ["0", "1"] },
};
const payloadOf = (page: string) => JSON.parse(scriptText(page, "report-data")) as PagePayload;

describe("the overview of a sweep", () => {
  const page = renderReport(overviewReport(facts, groupCells(sampleCells()), groupCells(sweptCells())), client);

  it("has the table of all streams, and accuracy against rate with safe ranges and chosen rates", () => {
    expect(page).toContain("ZeroSiam</td><td>1e-3</td>");
    const [rates] = payloadOf(page).charts;
    expect(rates.series.map(({ name, range, rings }) => [name, range, rings])).toEqual([
      ["Source", undefined, undefined],
      ["Tent", [1e-5, 1e-4], [2]],
      ["ZeroSiam", [1e-5, 1e-2], [2]],
    ]);
    expect(page).toContain("ZeroSiam 1e\u20115 to 1e\u20112 (3.0 decades).");
  });
});

describe("the report of a stream", () => {
  it("draws clean accuracy on the way, over seeds, and tells of the return", () => {
    const cells = [0, 1].flatMap((seed) => [returnCell("source", seed, 0), returnCell("tent", seed, 0.5 + 0.1 * seed)]);
    const page = renderReport(streamReport(facts, groupCells(cells)), client);
    const chart = payloadOf(page).charts.find(({ id }) => id === "forgetting");
    expect(chart?.x).toEqual([0, 10, 20, 100]);
    const tent = chart?.series[1];
    expect(tent?.values.map((v) => Number(v?.toFixed(3)))).toEqual([0.97, 0.915, 0.86, 0.42]);
    expect(tent?.whiskers?.[0]).toBe(0);
    expect(tent?.whiskers?.[3]).toBeCloseTo((12.7062 * 0.1) / 2, 4); // s/√n = 0.1/√2/√2
    expect(page).toContain("Tent ends −55.0 points from where it began, and answers 68.5\u00a0% of the clean stream");
  });

  it("draws the reliability diagram, with the error of each method", () => {
    const page = renderReport(streamReport(facts, groupCells(sampleCells().slice(0, 2))), client);
    const chart = payloadOf(page).charts.find(({ id }) => id === "reliability");
    expect(chart?.x.map((v) => Number(v.toFixed(3)))).toEqual([0.167, 0.5, 0.833]);
    expect(chart?.series.map(({ name, values }) => [name, values.slice(1)])).toEqual([
      ["calibrated", chart?.x.slice(1)],
      ["Source", [null, 0.6]],
    ]);
    // 0.4 · |0.25 − 0.3| + 0.6 · |0.6 − 0.9|
    expect(page).toContain("expected calibration error: Source 20.0\u00a0%");
  });

  it("draws curves stored with a cell, what was not defined as gaps, and says what a point stands for", () => {
    const row = { entropy: 1, logitNorm: 5, dominantShare: null, alignment: 0.5, onlineEntropy: 0.8 };
    const rows = Array.from({ length: 4 }, (_, i) => ({ ...row, step: 3 * (i + 1), n: 48, accuracy: null }));
    const [first] = sampleCells();
    const shares = Array.from({ length: 4 }, () => [0.25, 0.75]);
    const curves = { phase: "noise", rows, classShare: shares, labelShare: shares };
    const stored = JSON.stringify({ ...first, result: { ...first.result, curves } });
    const page = renderReport(streamReport(facts, groupCells([JSON.parse(stored) as Cell])), client);
    const ids = payloadOf(page).charts.map(({ id }) => id);
    expect(ids).toEqual(["entropy", "logit-norm", "online-entropy", "alignment", "reliability"]);
    expect(payloadOf(page).charts[0].x).toEqual([48, 96, 144, 192]);
    expect(page).toContain("Each point stands for 3 batches.");
    expect(page).toContain("curves of its phase “noise”");
    expect(page).toContain("last quarter</dt><dd>30\u00a0%"); // of the phase that counts, not of the noise
    expect(payloadOf(page).heats.map(({ name }) => name)).toEqual(["Labels", "Source"]);
  });
});

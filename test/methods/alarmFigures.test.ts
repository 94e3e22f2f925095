// What `npm run alarm` counts: when a run collapsed, which warnings are false, how late the true ones come.
import { describe, expect, test } from "vitest";
import { onsetOf } from "../../scripts/alarm/run.js";
import { countsOf, type Row, summaryOf } from "../../scripts/alarm/summary.js";

const probes = (...accuracies: number[]) => accuracies.map((accuracy, i) => ({ images: 64 * (i + 1), accuracy }));

describe("the onset", () => {
  test("is the first probe below half the source's accuracy after which none recovers", () => {
    expect(onsetOf(probes(0.6, 0.2, 0.5, 0.2, 0.1), 0.6)).toBe(256);
    expect(onsetOf(probes(0.1, 0.1), 0.6)).toBe(64);
  });
  test("is none where the last probe is well", () => expect(onsetOf(probes(0.1, 0.3), 0.6)).toBeNull());
});

const row = (onset: number | null, warnings: number[], heldBack: Row["heldBack"] = null): Row => ({
  ...{ stream: "mixed", method: "tent", lr: 0.1, seed: 1, images: 1000, source: 0.6 },
  watched: { accuracy: 0.2, onset, warnings },
  heldBack,
});

const ROWS = [row(null, []), row(null, [128, 400]), row(300, []), row(300, [420, 800]), row(300, [290])];

test("warnings are false where nothing collapsed; elsewhere the first one counts, early or late", () => {
  expect(countsOf(ROWS)).toEqual({
    healthy: { runs: 2, images: 2000, runsWarned: 1, warnings: 2 },
    collapsed: { runs: 3, missed: 1, delays: [-10, 120] },
  });
});

test("the table means over the seeds, held back or, without a warning, as they are", () => {
  const text = summaryOf([row(null, []), row(300, [420], { accuracy: 0.4, rollbacks: 2 })]);
  expect(text).toContain("| mixed | tent, 0.1 | 60.0 | 20.0 | 1 of 2 | 1 of 2 | 30.0 | 2 |");
  expect(text).toContain("0 false alarms on 1000 images (0.00 per 1,000)");
});

// The reliability diagram: how often answers of a given confidence are right.
import type { ReportData } from "./data.js";
import type { Figure } from "./figures.js";
import { methodLabel, percent } from "./format.js";
import { look } from "./palette.js";
import type { SeriesSpec } from "./payload.js";

/** One chart of all methods that have bins; none without. */
export function reliabilityFigures({ methods }: ReportData): Figure[] {
  const binned = methods.flatMap(({ name, bins }, i) => (bins ? [{ name, bins, i }] : []));
  if (binned.length === 0) return [];
  const count = binned[0].bins.length;
  const x = Array.from({ length: count }, (_, bin) => Number(((bin + 0.5) / count).toFixed(3)));
  const series = binned.map(
    ({ name, bins, i }): SeriesSpec => ({
      name: methodLabel(name),
      ...look(name, i),
      values: bins.map(({ accuracy }) => accuracy),
      marked: true,
    }),
  );
  const ideal: SeriesSpec = { name: "calibrated", slot: 0, dash: [1, 3], values: x };
  const errors = binned.map(({ name, bins }) => `${methodLabel(name)} ${percent(calibrationError(bins))}`);
  const axes = { xLabel: "confidence", xName: "confidence", yLabel: "accuracy (%)", percent: true, logX: false };
  return [
    {
      title: "Reliability diagram",
      caption:
        `Share of right answers among those of each of ${count} bins of confidence (the largest probability). Below the dotted ` +
        "line a model is surer than it is right. The gap, weighted by the answers in each bin, is the expected calibration " +
        `error: ${errors.join(", ")}. The figure does not show how many answers a bin holds; empty bins are gaps.`,
      chart: { id: "reliability", ...axes, yMax: 1, x, series: [ideal, ...series] },
    },
  ];
}

/** Σ_b (n_b / n) · |accuracy_b − confidence_b|. */
function calibrationError(bins: readonly { n: number; confidence: number | null; accuracy: number | null }[]): number {
  const total = bins.reduce((sum, { n }) => sum + n, 0);
  return bins.reduce((sum, { n, confidence, accuracy }) => {
    return sum + (n / total) * Math.abs((accuracy ?? 0) - (confidence ?? 0));
  }, 0);
}

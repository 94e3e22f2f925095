// Streams as charts and strips show them: smoothed, many classes folded to a few rows.
import { type CurveRow, chunks, meanShares, weightedMean } from "../experiments/curves.js";
import type { ReportData, ReportMethod } from "./data.js";

/** More points than this are neither seen on a screen nor worth their bytes. */
export const MAX_POINTS = 480;
/** More rows than this are thinner than two pixels in a heat strip. */
const MAX_CLASS_ROWS = 50;

/** How many batches a row stands for: more than one where the rows were condensed when they were stored. */
export function batchesPerRow(data: ReportData): number {
  return data.methods.find(({ rows }) => rows.length > 0)?.rows[0].step ?? 1;
}

/** Mean class shares of each group of `group` steps, classes folded to at most MAX_CLASS_ROWS rows: [groups][rows]. */
export function condenseShares(shares: readonly number[][], group: number): number[][] {
  const fold = classesPerRow(shares[0]?.length ?? 0);
  return meanShares(shares, group).map((mean) => chunks(mean, fold).map((few) => few.reduce((a, b) => a + b, 0)));
}

/** How many neighbouring classes share one row of a heat strip. */
export function classesPerRow(classes: number): number {
  return Math.max(1, Math.ceil(classes / MAX_CLASS_ROWS));
}

/** Mean over the trailing `window` rows, weighted by images: what makes batches of 16 readable. */
export function trailingAccuracy(rows: readonly CurveRow[], window: number): number[] {
  return rows.map((_, i) => weightedMean(rows.slice(Math.max(0, i + 1 - window), i + 1), (row) => row.accuracy));
}

/** Batches in the trailing window of the accuracy chart: a thirty-second of the stream. */
export function accuracyWindow(steps: number): number {
  return Math.max(1, Math.round(steps / 32));
}

/** Largest share of one class among the method's last predictions; null before a quarter of the stream has passed. */
export function finalDominantShare(method: ReportMethod): number | null {
  if (method.dominantShare !== undefined) return method.dominantShare;
  return method.rows[method.rows.length - 1]?.dominantShare ?? null;
}

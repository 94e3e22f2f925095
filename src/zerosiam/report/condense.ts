// Makes long streams short enough to draw: consecutive batches become one point, many classes become a few rows.
import type { ReportData, ReportMethod, ReportRow } from "./data.js";

/** More points than this are neither seen on a screen nor worth their bytes. */
const MAX_POINTS = 480;
/** More rows than this are thinner than two pixels in a heat strip. */
const MAX_CLASS_ROWS = 50;

/** How many consecutive batches become one of at most `points` points. */
export function batchesPerPoint(steps: number, points = MAX_POINTS): number {
  return Math.max(1, Math.ceil(steps / points));
}

/** How many batches a row stands for: more than one where the rows were condensed when they were stored. */
export function batchesPerRow(data: ReportData): number {
  return data.methods.find(({ rows }) => rows.length > 0)?.rows[0].step ?? 1;
}

function weightedMean(rows: readonly ReportRow[], value: (row: ReportRow) => number): number {
  let sum = 0;
  let n = 0;
  for (const row of rows) {
    sum += row.n * value(row);
    n += row.n;
  }
  return n === 0 ? Number.NaN : sum / n;
}

/** The same over the rows that have the value; null if none has. */
function weightedMeanOf(
  rows: readonly ReportRow[],
  value: (row: ReportRow) => number | null | undefined,
): number | null {
  const known = rows.filter((row) => typeof value(row) === "number");
  return known.length === 0 ? null : weightedMean(known, (row) => value(row) as number);
}

/** Rows in groups of `group`: means weighted by images; the states (dominant share, predictor distance) as they end the group. */
export function condenseRows(rows: readonly ReportRow[], group: number): ReportRow[] {
  return chunks(rows, group).map((part) => {
    const last = part[part.length - 1];
    return {
      step: last.step,
      n: part.reduce((n, row) => n + row.n, 0),
      accuracy: weightedMean(part, (row) => row.accuracy),
      entropy: weightedMean(part, (row) => row.entropy),
      logitNorm: weightedMean(part, (row) => row.logitNorm),
      dominantShare: last.dominantShare,
      onlineEntropy: weightedMeanOf(part, (row) => row.onlineEntropy),
      alignment: weightedMeanOf(part, (row) => row.alignment),
      predictorDistance: last.predictorDistance ?? null,
    };
  });
}

/** Mean class shares of each group of `group` steps, classes folded to at most MAX_CLASS_ROWS rows: [groups][rows]. */
export function condenseShares(shares: readonly number[][], group: number): number[][] {
  const fold = classesPerRow(shares[0]?.length ?? 0);
  return meanShares(shares, group).map((mean) => chunks(mean, fold).map((few) => few.reduce((a, b) => a + b, 0)));
}

/** Mean class shares of each group of `group` steps: [groups][classes]. */
export function meanShares(shares: readonly number[][], group: number): number[][] {
  return chunks(shares, group).map((part) =>
    part[0].map((_, c) => part.reduce((sum, step) => sum + step[c], 0) / part.length),
  );
}

/** How many neighbouring classes share one row of a heat strip. */
export function classesPerRow(classes: number): number {
  return Math.max(1, Math.ceil(classes / MAX_CLASS_ROWS));
}

/** Mean over the trailing `window` rows, weighted by images: what makes batches of 16 readable. */
export function trailingAccuracy(rows: readonly ReportRow[], window: number): number[] {
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

function chunks<T>(items: readonly T[], size: number): T[][] {
  const out: T[][] = [];
  for (let i = 0; i < items.length; i += size) out.push(items.slice(i, i + size));
  return out;
}

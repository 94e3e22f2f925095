// A method's way through a stream as rows, and long ones made short enough to draw: consecutive batches become one point.
import type { StreamRecorder, StreamRow, StreamTerms } from "./recorder.js";

/** One batch of a method's stream: what was answered, and the terms of the loss, where there are any. */
export type CurveRow = StreamRow & Partial<Omit<StreamTerms, "loss">>;

/** A recorder's rows with the terms of the loss. */
export function curveRows({ rows, terms }: StreamRecorder): CurveRow[] {
  return rows.map((row, i) => ({ ...row, ...terms[i] }));
}

/** How many consecutive batches become one of at most `points` points. */
export function batchesPerPoint(steps: number, points: number): number {
  return Math.max(1, Math.ceil(steps / points));
}

export function weightedMean(rows: readonly CurveRow[], value: (row: CurveRow) => number): number {
  let sum = 0;
  let n = 0;
  for (const row of rows) {
    sum += row.n * value(row);
    n += row.n;
  }
  return n === 0 ? Number.NaN : sum / n;
}

/** The same over the rows that have the value; null if none has. */
function weightedMeanOf(rows: readonly CurveRow[], value: (row: CurveRow) => number | null | undefined): number | null {
  const known = rows.filter((row) => typeof value(row) === "number");
  return known.length === 0 ? null : weightedMean(known, (row) => value(row) as number);
}

/** Rows in groups of `group`: means weighted by images; the states (dominant share, predictor distance) as they end the group. */
export function condenseRows(rows: readonly CurveRow[], group: number): CurveRow[] {
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

/** Mean class shares of each group of `group` steps: [groups][classes]. */
export function meanShares(shares: readonly number[][], group: number): number[][] {
  return chunks(shares, group).map((part) =>
    part[0].map((_, c) => part.reduce((sum, step) => sum + step[c], 0) / part.length),
  );
}

export function chunks<T>(items: readonly T[], size: number): T[][] {
  const out: T[][] = [];
  for (let i = 0; i < items.length; i += size) out.push(items.slice(i, i + size));
  return out;
}

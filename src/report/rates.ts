// Accuracy against learning rate: the figure that tells a lucky rate from a safe range.
import { safeRange } from "../experiments/metrics/index.js";
import type { RatePoint, RateSweep, ReportData } from "./data.js";
import type { Figure } from "./figures.js";
import { methodLabel, percent, unbrokenRate } from "./format.js";
import { look } from "./palette.js";
import type { SeriesSpec } from "./payload.js";

/** One figure for each swept stream. A rate of 0 has no place on a logarithmic axis and is left out. */
export function rateFigures(data: ReportData): Figure[] {
  return (data.sweeps ?? []).map((sweep, i) => {
    const points = sweep.points.filter((p) => p.lr > 0);
    const x = [...new Set(points.map((p) => p.lr))].sort((a, b) => a - b);
    const methods = [...new Set(points.map((p) => p.method))];
    const source: SeriesSpec = { name: "Source", ...look("source", 0), values: x.map(() => sweep.source) };
    const series = methods.map((name, k) => toSeries(name, k + 1, x, points, sweep.source));
    const axes = {
      xLabel: "learning rate of the norm parameters",
      xName: "rate",
      yLabel: "accuracy (%)",
      percent: true,
      logX: true,
    };
    return {
      title: `Accuracy against learning rate: ${sweep.stream}`,
      caption: caption(sweep, methods),
      chart: { id: `rates-${i}`, ...axes, yMax: 1, x, series: [source, ...series] },
    };
  });
}

function toSeries(name: string, index: number, x: number[], points: RatePoint[], source: number): SeriesSpec {
  const at = x.map((lr) => points.find((p) => p.method === name && p.lr === lr));
  const safe = safeRange(
    points.filter((p) => p.method === name),
    source,
  );
  return {
    name: methodLabel(name),
    ...look(name, index),
    values: at.map((p) => p?.mean ?? null),
    marked: true,
    whiskers: at.map((p) => p?.ci95 ?? null),
    rings: at.flatMap((p, i) => (p?.chosen ? [i] : [])),
    ...(safe ? { range: [safe.lowest, safe.highest] } : {}),
  };
}

/** Each method's safe range, then what the figure leaves out. */
function caption(sweep: RateSweep, methods: string[]): string {
  const ranges = methods.map((name) => {
    const mine = sweep.points.filter((p) => p.method === name && p.lr > 0);
    const safe = safeRange(mine, sweep.source);
    if (!safe) return `${methodLabel(name)} none`;
    const rates = [...new Set([safe.lowest, safe.highest])].map(unbrokenRate).join(" to ");
    return `${methodLabel(name)} ${rates} (${safe.decades.toFixed(1)} decades)`;
  });
  return (
    `Mean accuracy on the stream at each rate; whiskers are 95 % intervals over seeds, rings the rates chosen on ` +
    `validation data, bars at the foot the safe ranges (consecutive rates at or above the source, which has ` +
    `${percent(sweep.source)}): ${ranges.join(", ")}. The figure does not show other batch sizes, orders or models, ` +
    "and rates between the points were not run."
  );
}

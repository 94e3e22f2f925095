// Line charts by uPlot: over the stream, or against the learning rate with whiskers and ringed points.
import uPlot from "uplot";
import type { ChartSpec, SeriesSpec } from "../payload.js";
import { byId, cssValue } from "./page.js";

const drawn = new Map<string, uPlot>();
const AXIS_FONT = "12px system-ui, sans-serif";
const HEIGHT = 250;

/** Draws (or redraws) the chart into the element `spec.id`, as wide as that element. */
export function drawChart(spec: ChartSpec): void {
  const target = byId(spec.id);
  drawn.get(spec.id)?.destroy();
  drawn.set(
    spec.id,
    new uPlot(options(spec, target.clientWidth), [spec.x, ...spec.series.map((s) => s.values)], target),
  );
}

function options(spec: ChartSpec, width: number): uPlot.Options {
  return {
    width,
    height: HEIGHT,
    scales: {
      x: { time: false, distr: spec.logX ? 3 : 1, ...(spec.logX ? { range: spread } : {}) },
      y: { range: (_, __, max) => [0, spec.yMax ?? (max > 0 ? max * 1.05 : 1)] },
    },
    axes: [
      { ...axis(spec.xLabel), size: 36, ...(spec.logX ? { values: (_, ticks) => ticks.map(rateTick) } : {}) },
      { ...axis(spec.yLabel), size: 52, values: (_, ticks) => ticks.map((v) => format(spec, v, 0)) },
    ],
    series: [
      {
        label: spec.xName,
        value: (_, v) => (v === null ? "–" : spec.logX ? rateText(v) : String(v)),
      },
      ...spec.series.map((s) => line(spec, s)),
    ],
    cursor: { ...(spec.xName === "image" ? { sync: { key: "stream" } } : {}), points: { size: 7 } },
    legend: {
      markers: {
        fill: (_, i) => (i > 0 && spec.series[i - 1].dash.length === 0 ? stroke(spec.series[i - 1]) : ""),
        dash: (_, i) => (i > 0 && spec.series[i - 1].dash.length > 0 ? "dashed" : "solid"),
      },
    },
    hooks: {
      draw: [
        (chart) =>
          spec.series.forEach((s, i) => {
            decorate(chart, s, i + 1);
            drawRange(chart, s, i + 1);
          }),
      ],
      ready: [(chart) => restLegend(chart, spec)],
      setLegend: [(chart) => restLegend(chart, spec)],
    },
  };
}

function axis(label: string): uPlot.Axis {
  const grid = { stroke: cssValue("--grid"), width: 1 };
  return {
    label,
    labelSize: 22,
    labelFont: AXIS_FONT,
    font: AXIS_FONT,
    stroke: cssValue("--muted"),
    grid,
    ticks: grid,
  };
}

function stroke(s: SeriesSpec): string {
  return cssValue(`--slot-${s.slot}`);
}

function line(spec: ChartSpec, s: SeriesSpec): uPlot.Series {
  return {
    label: s.name,
    stroke: stroke(s),
    width: 2,
    dash: s.dash,
    points: { show: s.marked === true, size: 6, fill: stroke(s) },
    value: (_, v) => format(spec, v, 1),
    spanGaps: spec.logX,
  };
}

/** While no pointer is on the chart the legend tells the last values, or those at the last method's chosen rate. */
function restLegend(chart: uPlot, spec: ChartSpec): void {
  if (typeof chart.legend.idx === "number") return;
  const ring = spec.series[spec.series.length - 1].rings?.[0];
  chart.setLegend({ idx: ring ?? spec.x.length - 1 }, false);
}

/** Whiskers of the intervals and rings around the chosen points. */
function decorate(chart: uPlot, s: SeriesSpec, index: number): void {
  const { ctx } = chart;
  ctx.save();
  ctx.strokeStyle = stroke(s);
  ctx.lineWidth = 1.5 * devicePixelRatio;
  s.values.forEach((value, i) => {
    if (value === null || !chart.series[index].show) return;
    const x = chart.valToPos(chart.data[0][i], "x", true);
    const half = s.whiskers?.[i] ?? null;
    ctx.beginPath();
    if (half !== null) {
      const { min = 0, max = 1 } = chart.scales.y; // an interval may reach beyond the axis
      ctx.moveTo(x, chart.valToPos(Math.max(value - half, min), "y", true));
      ctx.lineTo(x, chart.valToPos(Math.min(value + half, max), "y", true));
    }
    if (s.rings?.includes(i)) {
      const y = chart.valToPos(value, "y", true);
      const radius = 8 * devicePixelRatio;
      ctx.moveTo(x + radius, y);
      ctx.arc(x, y, radius, 0, 2 * Math.PI);
    }
    ctx.stroke();
  });
  ctx.restore();
}

/** The bar of a series' range: those of all series stand above each other at the foot of the chart. */
function drawRange(chart: uPlot, s: SeriesSpec, index: number): void {
  if (!s.range || !chart.series[index].show) return;
  const { ctx, bbox } = chart;
  const thick = 4 * devicePixelRatio;
  const y = bbox.top + bbox.height - 1.5 * thick * index;
  const [from, to] = s.range.map((x) => chart.valToPos(x, "x", true));
  ctx.save();
  ctx.fillStyle = stroke(s);
  ctx.fillRect(from - thick / 2, y, to - from + thick, thick);
  ctx.restore();
}

/** Half a step of room at both ends of a logarithmic axis. */
function spread(_: uPlot, min: number, max: number): [number, number] {
  return [min / 1.6, max * 1.6];
}

function format(spec: ChartSpec, value: number | null, digits: number): string {
  if (value === null || value === undefined) return "–";
  return spec.percent ? `${(value * 100).toFixed(digits)} %` : String(Number(value.toPrecision(3)));
}

function rateText(value: number): string {
  return value.toExponential().replace("e+", "e");
}

/** Powers of ten are labelled, the lines between them are not. */
function rateTick(value: number | null): string {
  return value !== null && Math.abs(Math.log10(value) % 1) < 1e-9 ? rateText(value) : "";
}

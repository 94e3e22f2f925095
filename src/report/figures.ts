// The line charts over the stream: what each draws, and the caption that says what it shows and what it does not.
import { batchesPerPoint, type CurveRow, condenseRows } from "../experiments/curves.js";
import { accuracyWindow, batchesPerRow, MAX_POINTS, trailingAccuracy } from "./condense.js";
import type { ReportData, ReportMethod } from "./data.js";
import { methodLabel } from "./format.js";
import { look } from "./palette.js";
import type { ChartSpec, SeriesSpec } from "./payload.js";

/** A chart with its words. */
export interface Figure {
  title: string;
  caption: string;
  chart: ChartSpec;
}

/** Steps of the longest method: methods stopped early are drawn as far as they came. */
export function streamSteps(data: ReportData): number {
  return Math.max(0, ...data.methods.map((m) => m.rows.length));
}

/** Images seen after each point, of the method that came furthest. */
export function streamAxis(data: ReportData): number[] {
  const longest = data.methods.reduce((a, b) => (b.rows.length > a.rows.length ? b : a));
  let seen = 0;
  return condenseRows(longest.rows, batchesPerPoint(longest.rows.length, MAX_POINTS)).map((row) => (seen += row.n));
}

/** Accuracy, collapse's signs and the terms of the loss, each by itself; a chart without any value is left out. */
export function streamFigures(data: ReportData): Figure[] {
  if (streamSteps(data) === 0) return [];
  const specs = [
    ...[accuracy(data), dominantShare(), entropy(data), logitNorm()],
    ...[onlineEntropy(), alignment(), predictorDistance()],
  ];
  const group = batchesPerPoint(streamSteps(data), MAX_POINTS);
  const x = streamAxis(data);
  const batches = group * batchesPerRow(data);
  const pooled = batches > 1 ? ` Each point stands for ${batches} batches.` : "";
  return specs.flatMap((spec) => {
    const series = data.methods.map((m, i) => toSeries(m, i, spec.values(m.rows, group), x.length));
    const filled = series.filter((s) => s.values.some((v) => v !== null));
    if (filled.length === 0) return [];
    const { id, title, yLabel, percent, yMax } = spec;
    const axes = { xLabel: "images seen", xName: "image", yLabel, percent, logX: false };
    const chart: ChartSpec = { id, ...axes, x, series: filled };
    return [{ title, caption: spec.caption + pooled, chart: yMax === undefined ? chart : { ...chart, yMax } }];
  });
}

interface StreamSpec {
  id: string;
  title: string;
  yLabel: string;
  percent: boolean;
  yMax?: number;
  caption: string;
  values: (rows: CurveRow[], group: number) => (number | null)[];
}

function toSeries(method: ReportMethod, index: number, values: (number | null)[], length: number): SeriesSpec {
  const padded = Array.from({ length }, (_, i) => round(values[i] ?? null));
  return { name: methodLabel(method.name), ...look(method.name, index), values: padded };
}

/** Five significant digits: more would only make the file larger. Values that are not finite become gaps. */
function round(value: number | null): number | null {
  return value === null || !Number.isFinite(value) ? null : Number(value.toPrecision(5));
}

function of(value: (row: CurveRow) => number | null) {
  return (rows: CurveRow[], group: number) => condenseRows(rows, group).map(value);
}

function accuracy(data: ReportData): StreamSpec {
  const window = accuracyWindow(streamSteps(data));
  const batches = window * batchesPerRow(data);
  return {
    id: "accuracy",
    title: "Accuracy",
    yLabel: "accuracy (%)",
    percent: true,
    yMax: 1,
    caption:
      `Share of right answers among the trailing ${batches === 1 ? "batch" : `${batches} batches`}, each image answered ` +
      "before the model learns from it. Rises and falls that all methods share come from the stream (some classes and " +
      "corruptions are harder), not from adaptation; and this is not the accuracy of the adapted model on other data.",
    values: (rows, group) => {
      const trailing = trailingAccuracy(rows, window);
      return condenseRows(
        rows.map((row, i) => ({ ...row, accuracy: trailing[i] })),
        group,
      ).map((row) => row.accuracy);
    },
  };
}

function dominantShare(): StreamSpec {
  return {
    id: "dominant-share",
    title: "Share of the dominant class",
    yLabel: "share (%)",
    percent: true,
    yMax: 1,
    caption:
      "Largest share of one class among the predictions of the trailing quarter of the stream; undefined before a quarter " +
      "has passed. Near 100 % the model gives the same answer to everything: collapse. On a class-ordered stream a perfect " +
      "model has a large share too, so the distance from the source is what counts, not the height.",
    values: of((row) => row.dominantShare),
  };
}

function entropy(data: ReportData): StreamSpec {
  const uniform = Math.log(data.classes.length).toFixed(2);
  return {
    id: "entropy",
    title: "Entropy of the answers",
    yLabel: "entropy (nats)",
    percent: false,
    caption:
      `Mean entropy of the predicted distributions; ${uniform} would be a uniform guess over ${data.classes.length} classes. ` +
      "This is what Tent minimises. It does not show whether the answers are right: a collapsed model may have " +
      "the lowest entropy of all.",
    values: of((row) => row.entropy),
  };
}

function logitNorm(): StreamSpec {
  return {
    id: "logit-norm",
    title: "Norm of the logits",
    yLabel: "L2 norm",
    percent: false,
    caption:
      "Mean L2 norm of the logit vectors. Growth against the source means confidence bought by scale, the cheap way to low " +
      "entropy. It has no unit, cannot be compared between models, and does not tell by itself that a model has collapsed.",
    values: of((row) => row.logitNorm),
  };
}

function onlineEntropy(): StreamSpec {
  return {
    id: "online-entropy",
    title: "Entropy term of the loss",
    yLabel: "entropy (nats)",
    percent: false,
    caption:
      "Mean entropy of what the loss descends: of ZeroSiam’s online branch, of the answers themselves where there is one " +
      "branch. A method that selects samples descends it on those alone. It does not show what the answers gain by it.",
    values: of((row) => row.onlineEntropy ?? null),
  };
}

function alignment(): StreamSpec {
  return {
    id: "alignment",
    title: "Alignment term of the loss",
    yLabel: "divergence (nats)",
    percent: false,
    caption:
      "Mean divergence between the online and the target branch, before its weight α: what a collapse of the online branch " +
      "alone would cost. 0 while the predictor is the identity. It does not bound how far both branches move together.",
    values: of((row) => row.alignment ?? null),
  };
}

function predictorDistance(): StreamSpec {
  return {
    id: "predictor-distance",
    title: "Predictor’s distance from the identity",
    yLabel: "‖W_h − I‖_F",
    percent: false,
    caption:
      "Frobenius norm of the difference between ZeroSiam’s predictor and the identity it starts from: how much the online " +
      "branch had to move to absorb the pressure towards collapse. It does not show whether the backbone improved, and a " +
      "larger distance is neither better nor worse.",
    values: of((row) => row.predictorDistance ?? null),
  };
}

// The report's tables and summary cards: everything that is text even when scripts do not run.
import { finalDominantShare } from "./condense.js";
import type { ReportData, ReportMethod, ReportResult } from "./data.js";
import type { Figure } from "./figures.js";
import { methodLabel, number, percent, perImage, points, rate, unbrokenRate } from "./format.js";
import { html, type Markup } from "./markup.js";
import { look } from "./palette.js";

/** Rows in the table beside a chart. */
const TABLE_ROWS = 12;

/** One card a method: accuracy, its distance from the source, the dominant share, the time. */
export function summaryCards(data: ReportData): Markup {
  const source = data.methods.find((m) => m.name === "source");
  return html`<div class="cards">${data.methods.map((method, i) => card(method, i, source))}</div>`;
}

/** What stands under a method's accuracy. */
function beside(method: ReportMethod, source: ReportMethod | undefined): Markup | string {
  if (method === source) return "accuracy without adaptation";
  if (!source) return "accuracy";
  return html`<b>${points(method.accuracy - source.accuracy)}</b> points against the source`;
}

function card(method: ReportMethod, index: number, source: ReportMethod | undefined): Markup {
  const share = finalDominantShare(method);
  const rates = ["lr", "lrPredictor"].flatMap((key) => {
    const value = method.settings[key];
    return typeof value === "number" ? [`${key === "lr" ? "rate" : "predictor"} ${unbrokenRate(value)}`] : [];
  });
  return html`<div class="card" style="--accent:var(--slot-${look(method.name, index).slot})">
    <h3>${methodLabel(method.name)}</h3>
    <p class="big">${percent(method.accuracy)}</p>
    <p>${beside(method, source)}</p>
    <dl>
      <dt>dominant share, last quarter</dt><dd>${percent(share, 0)}</dd>
      <dt>time per image</dt><dd>${perImage(method.secondsPerImage)}</dd>
      <dt>learning rates</dt><dd>${rates.length > 0 ? rates.join(", ") : "none"}</dd>
    </dl>
  </div>`;
}

/** A dominant share this far above the source's, at the end of the stream, is called a collapse. */
const COLLAPSE_MARGIN = 0.4;

/** So many methods a sentence takes. */
const NAMED = 3;

/** What happened, in one sentence a method, from the numbers alone; of an evaluation, the rows of its first stream. */
export function verdict(data: ReportData): string {
  if (data.methods.length === 0) return resultVerdict(data.results ?? []);
  const source = data.methods.find((m) => m.name === "source");
  const adapted = data.methods.filter((m) => m !== source);
  if (!source || adapted.length === 0) return "";
  if (!Number.isFinite(source.accuracy)) return "The run was stopped before its first batch.";
  const sourceShare = finalDominantShare(source);
  const sentences = adapted.map((m) => {
    const share = finalDominantShare(m);
    const gain = m.accuracy - source.accuracy;
    const how = `${methodLabel(m.name)} got ${percent(m.accuracy)} (${points(gain)} points)`;
    if (share === null || sourceShare === null) return `${how}.`;
    const both = `${percent(share, 0)} of its last answers (source ${percent(sourceShare, 0)})`;
    return share >= sourceShare + COLLAPSE_MARGIN
      ? `${how} and collapsed: one class takes ${both}.`
      : `${how}; its most frequent class takes ${both}.`;
  });
  return `Without adaptation the model got ${percent(source.accuracy)} of the images right. ${sentences.join(" ")}`;
}

function resultVerdict(rows: readonly ReportResult[]): string {
  if (rows.length === 0) return "";
  const [{ stream }] = rows;
  const here = rows.filter((row) => row.stream === stream).sort((a, b) => b.mean - a.mean);
  const parts = here.slice(0, NAMED).map(({ method, lr, mean, ci95 }) => {
    const interval = ci95 === null ? "" : ` ± ${(ci95 * 100).toFixed(1)}`;
    return `${methodLabel(method)}${lr === null ? "" : ` at ${unbrokenRate(lr)}`} ${percent(mean)}${interval}`;
  });
  const rest = here.length > NAMED ? `; the others (${here.length - NAMED}) have less` : "";
  return `Mean accuracy on the stream “${stream}”: ${parts.join(", ")}${rest}.`;
}

/** Method × corruption accuracy with the source beside. Null without data. */
export function corruptionSection(data: ReportData): Markup | null {
  const rows = data.corruptions ?? [];
  if (rows.length === 0) return null;
  const names = data.methods.map((m) => m.name);
  const fewest = Math.min(...rows.map((row) => row.n));
  const half = 1.96 * Math.sqrt(0.25 / Math.max(1, fewest));
  return html`<section aria-labelledby="corruptions">
  <h2 id="corruptions">Accuracy on each corruption</h2>
  <figure class="card">
    <div class="scroll"><table class="wide">
      <thead><tr><th scope="col">corruption</th><th scope="col">images</th>${names.map((n) => html`<th scope="col">${methodLabel(n)}</th>`)}</tr></thead>
      <tbody>${rows.map((row) => html`<tr><th scope="row">${row.name}</th><td>${row.n}</td>${names.map((n) => corruptionCell(row.accuracy, n))}</tr>`)}</tbody>
    </table></div>
    <figcaption>Accuracy over the images of each corruption, wherever they stood in the stream, and in small type the
      difference from the source in points. One run: with ${fewest} images a cell alone is uncertain by up to
      ±${(half * 100).toFixed(1)} points (95 %). Corruptions met late were answered by a model that had adapted for longer; the
      table does not separate the two.</figcaption>
  </figure>
</section>`;
}

function corruptionCell(accuracy: Record<string, number>, name: string): Markup {
  const value = accuracy[name];
  if (value === undefined) return html`<td>–</td>`;
  const difference = name === "source" || accuracy.source === undefined ? null : value - accuracy.source;
  if (difference === null) return html`<td>${percent(value)}</td>`;
  const strength = Math.min(60, Math.round(Math.abs(difference) * 150));
  const tint = html`style="--tint:${strength}%" class="${difference < 0 ? "worse" : "better"}"`;
  return html`<td ${tint}>${percent(value)} <small>${points(difference)}</small></td>`;
}

/** The evaluation's table. Null without data. */
export function resultSection(data: ReportData): Markup | null {
  const rows = data.results ?? [];
  if (rows.length === 0) return null;
  const heads = [
    "stream",
    "method",
    "rate",
    "predictor’s rate",
    "accuracy",
    "95 % interval",
    "dominant share",
    "seeds",
  ];
  return html`<section aria-labelledby="results">
  <h2 id="results">Results over seeds</h2>
  <figure class="card">
    <div class="scroll"><table class="wide">
      <thead><tr>${heads.map((h) => html`<th scope="col">${h}</th>`)}</tr></thead>
      <tbody>${rows.map(
        (row) => html`<tr><th scope="row">${row.stream}</th><td>${methodLabel(row.method)}</td><td>${rate(row.lr)}</td>
        <td>${rate(row.lrPredictor)}</td><td>${percent(row.mean)}</td><td>${row.ci95 === null ? "–" : `± ${(row.ci95 * 100).toFixed(1)}`}</td><td>${percent(row.dominantShare, 0)}</td><td>${row.seeds}</td></tr>`,
      )}</tbody>
    </table></div>
    <figcaption>Means over seeds that vary draw, noise and order of the stream, at rates chosen on validation data. The
      intervals cover these choices on this one model; they do not cover other models or other trainings of it. The dominant share is the
      largest share of one class among the predictions of the last quarter of the stream.</figcaption>
  </figure>
</section>`;
}

/** The values of a chart at a few places, as a table to unfold. */
export function chartTable({ chart, title }: Figure): Markup {
  const every = Math.max(1, Math.ceil(chart.x.length / TABLE_ROWS));
  const at = chart.logX ? chart.x.map((_, i) => i) : chart.x.flatMap((_, i) => ((i + 1) % every === 0 ? [i] : []));
  const text = (v: number | null): string => (chart.percent ? percent(v) : number(v));
  return html`<details><summary>As a table</summary>
    <div class="scroll"><table>
      <caption>${title}</caption>
      <thead><tr><th scope="col">${chart.xLabel}</th>${chart.series.map((s) => html`<th scope="col">${s.name}</th>`)}</tr></thead>
      <tbody>${at.map(
        (i) =>
          html`<tr><th scope="row">${chart.logX ? rate(chart.x[i]) : chart.x[i]}</th>${chart.series.map((s) => html`<td>${text(s.values[i])}</td>`)}</tr>`,
      )}</tbody>
    </table></div></details>`;
}

/** Adapter, versions, seed and settings: what it takes to run this again. */
export function settingsSection(data: ReportData): Markup {
  const show = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value) ?? "–"));
  const rows: [string, string][] = [
    ["command", data.command],
    ["created", data.created],
    ["adapter", data.adapter],
    ["seed", String(data.seed)],
    ...Object.entries(data.versions).map(([name, version]): [string, string] => [`version: ${name}`, version]),
    ...Object.entries(data.config).map(([name, value]): [string, string] => [`setting: ${name}`, show(value)]),
    ...data.methods.flatMap((m) =>
      Object.entries(m.settings).map(([name, value]): [string, string] => [
        `${methodLabel(m.name)}: ${name}`,
        show(value),
      ]),
    ),
  ];
  return html`<section aria-labelledby="settings">
  <h2 id="settings">How this was run</h2>
  <div class="card scroll"><table class="settings wide"><tbody>${rows.map(
    ([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`,
  )}</tbody></table></div>
</section>`;
}

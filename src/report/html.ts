// The report: one HTML file with everything in it, which loads nothing and tells nobody.
import type { ReportData } from "./data.js";
import { type Figure, streamFigures } from "./figures.js";
import { forgettingFigures } from "./forgetting.js";
import { html, Markup, scriptJson } from "./markup.js";
import type { PagePayload } from "./payload.js";
import { rateFigures } from "./rates.js";
import { reliabilityFigures } from "./reliability.js";
import { heatStrips, stripSection } from "./strips.js";
import { chartTable, corruptionSection, resultSection, settingsSection, summaryCards, verdict } from "./tables.js";

/** The browser side of a report, bundled from client/main.ts: text that the page carries inside. */
export interface ReportClient {
  script: string;
  style: string;
}

/** Forbids every load, so that a report opened anywhere stays silent even if a bug let markup through. */
const POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:";

/** The whole page as text. Pure: the same data and client give the same bytes. */
export function renderReport(data: ReportData, client: ReportClient): string {
  const heats = heatStrips(data);
  const stream = streamFigures(data);
  const rates = rateFigures(data);
  const reliability = reliabilityFigures(data);
  const forgetting = forgettingFigures(data);
  const charts = [...stream, ...rates, ...reliability, ...forgetting].map((figure) => figure.chart);
  const payload: PagePayload = { charts, heats };
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>ZeroSiam report: ${data.stream}</title>
<style>${new Markup(client.style)}</style>
</head>
<body>
<header>
  <p class="kicker">ZeroSiam · test-time adaptation</p>
  <h1>${data.stream}</h1>
  <p class="lead">${verdict(data)}</p>
  ${data.interrupted && html`<p class="notice" role="status">This run was interrupted: the figures show what was done until then.</p>`}
  <p class="facts">${data.adapter} · seed ${data.seed} · ${data.created.slice(0, 16).replace("T", " ")} UTC</p>
</header>
<main>
${data.methods.length > 0 && summaryCards(data)}
${resultSection(data)}
${rates.length > 0 && figureSection("rates", "Which rates are safe", rates)}
${stripSection(data, heats)}
${stream.length > 0 && figureSection("over-the-stream", "Over the stream", stream)}
${forgetting.length > 0 && figureSection("clean-images", "What is forgotten", forgetting)}
${reliability.length > 0 && figureSection("confidence", "How far answers can be trusted", reliability)}
${corruptionSection(data)}
${settingsSection(data)}
</main>
<footer>Written by ${data.command}. Charts: uPlot, © Leon Sorokin, MIT licence.</footer>
<noscript>The charts need JavaScript; every number in them is also in the tables.</noscript>
<script type="application/json" id="report-data">${scriptJson(payload)}</script>
<script>${new Markup(client.script)}</script>
</body>
</html>
`.text;
}

function figureSection(id: string, title: string, figures: Figure[]): Markup {
  return html`<section aria-labelledby="${id}">
  <h2 id="${id}">${title}</h2>
  <div class="grid">${figures.map(figureMarkup)}</div>
</section>`;
}

function figureMarkup(figure: Figure): Markup {
  const label = `Line chart: ${figure.title}. The table below holds its values.`;
  return html`<figure class="card">
    <h3>${figure.title}</h3>
    <div class="chart" id="${figure.chart.id}" role="img" aria-label="${label}"></div>
    <figcaption>${figure.caption}</figcaption>
    ${chartTable(figure)}
  </figure>`;
}

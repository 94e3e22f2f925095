// Heat strips: which classes each method predicts, batch after batch, under the classes that were right.
import { batchesPerPoint } from "../experiments/curves.js";
import { batchesPerRow, classesPerRow, condenseShares, MAX_POINTS } from "./condense.js";
import type { ReportData } from "./data.js";
import { streamAxis, streamSteps } from "./figures.js";
import { methodLabel, percent } from "./format.js";
import { html, type Markup } from "./markup.js";
import type { HeatSpec } from "./payload.js";

/** Sections of the stream in the table beside the strips. */
const SECTIONS = 8;

/** A strip for the labels when they are known, then one for each method. */
export function heatStrips(data: ReportData): HeatSpec[] {
  if (streamSteps(data) === 0) return [];
  const group = batchesPerPoint(streamSteps(data), MAX_POINTS);
  const x = streamAxis(data);
  const rows = rowNames(data.classes);
  const strips = data.methods.map((m) => ({ name: methodLabel(m.name), share: m.classShare }));
  if (data.labelShare) strips.unshift({ name: "Labels", share: data.labelShare });
  return strips.map(({ name, share }, i) => {
    const drawn = condenseShares(share, group).map((column) => column.map((s) => Number(s.toFixed(3))));
    return { id: `strip-${i}`, name, rows, x, share: drawn };
  });
}

function rowNames(classes: string[]): string[] {
  const fold = classesPerRow(classes.length);
  if (fold === 1) return classes;
  const rows = Math.ceil(classes.length / fold);
  const last = classes.length - 1;
  return Array.from(
    { length: rows },
    (_, i) => `${classes[i * fold]} – ${classes[Math.min(last, (i + 1) * fold - 1)]}`,
  );
}

/** The section with strips, scale, caption and table; empty without data. */
export function stripSection(data: ReportData, strips: HeatSpec[]): Markup | null {
  if (strips.length === 0) return null;
  const group = batchesPerPoint(streamSteps(data), MAX_POINTS) * batchesPerRow(data);
  const batches = group === 1 ? "a batch" : `${group} batches`;
  return html`<section aria-labelledby="strips">
  <h2 id="strips">What each method predicts</h2>
  <figure class="card strips" style="--rows:${strips[0].rows.length}">
    ${strips.map(strip)}
    <div class="strip-axis"><span>1</span><span>images seen</span><span>${strips[0].x[strips[0].x.length - 1]}</span></div>
    <div class="scale"><span>${percent(0, 0)}</span><i></i><span>${percent(1, 0)} of the predictions</span></div>
    <figcaption>Each column is ${batches}, each row a class; the stronger the colour, the larger the class’s share of
      ${data.labelShare ? "the labels (top strip) or of the predictions (the others)" : "the predictions"}. A model that
      collapses draws one line across the whole strip. The strips do not show whether single answers are right: shares can
      look like the labels’ while images are swapped, so read them with the accuracy below.</figcaption>
    ${sectionTable(strips)}
  </figure>
</section>`;
}

function strip(spec: HeatSpec): Markup {
  const ends = spec.rows.length > 16 ? [spec.rows[0], spec.rows[spec.rows.length - 1]] : spec.rows;
  return html`<div class="strip">
      <h3>${spec.name} <output id="${spec.id}-at"></output></h3>
      <ol class="${ends.length < spec.rows.length ? "ends" : ""}" aria-hidden="true">${ends.map((r) => html`<li>${r}</li>`)}</ol>
      <canvas id="${spec.id}" role="img" aria-label="Class shares over the stream: ${spec.name}"></canvas>
    </div>`;
}

/** The most frequent class of each eighth of the stream, for those who cannot see the strips. */
function sectionTable(strips: HeatSpec[]): Markup {
  const sections = Math.min(SECTIONS, strips[0].share.length);
  const heads = Array.from({ length: sections }, (_, i) => `${i + 1}/${sections}`);
  return html`<details><summary>As a table: most frequent class in each part of the stream</summary>
    <div class="scroll"><table>
      <thead><tr><th scope="col">part</th>${heads.map((h) => html`<th scope="col">${h}</th>`)}</tr></thead>
      <tbody>${strips.map((s) => html`<tr><th scope="row">${s.name}</th>${heads.map((_, i) => html`<td>${top(s, i, sections)}</td>`)}</tr>`)}</tbody>
    </table></div></details>`;
}

function top(spec: HeatSpec, section: number, sections: number): string {
  const at = (i: number): number => Math.floor((i * spec.share.length) / sections);
  const part = spec.share.slice(at(section), at(section + 1));
  if (part.length === 0) return "–";
  const mean = spec.rows.map((_, row) => part.reduce((sum, column) => sum + column[row], 0) / part.length);
  const best = mean.indexOf(Math.max(...mean));
  return `${spec.rows[best]} (${percent(mean[best], 0)})`;
}

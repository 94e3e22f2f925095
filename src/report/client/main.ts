// The report's browser script: draws the charts and heat strips of the embedded data, again when size or theme changes.
import "uplot/dist/uPlot.min.css";
import "./page.css";
import type { PagePayload } from "../payload.js";
import { drawChart } from "./chart.js";
import { drawHeat } from "./heat.js";
import { byId } from "./page.js";

const payload = JSON.parse(byId("report-data").textContent ?? "") as PagePayload;

function drawAll(): void {
  for (const chart of payload.charts) drawChart(chart);
  for (const heat of payload.heats) drawHeat(heat);
}

let width = 0;
new ResizeObserver(() => {
  // A scroll bar that appears may change the height only; redrawing then would be wasted.
  if (document.body.clientWidth === width) return;
  width = document.body.clientWidth;
  drawAll();
}).observe(document.body);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);

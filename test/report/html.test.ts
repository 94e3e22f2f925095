// The report as a file: self-contained, escaped by construction, complete, readable without its script.
import { describe, expect, it } from "vitest";
import type { ReportData } from "../../src/report/data.js";
import { renderReport } from "../../src/report/html.js";
import type { PagePayload } from "../../src/report/payload.js";
import { bundleClient } from "./client.js";
import { sampleEvaluation, sampleReport, suffixed } from "./sample.js";
import { readTags, scriptText } from "./tags.js";

const HOSTILE = `</script><script>alert(1)</script><!-- "'><img src=x onerror=alert(2)> \u2028 &amp;`;

describe("a report", () => {
  const client = bundleClient();
  const payloadOf = (page: string) => JSON.parse(scriptText(page, "report-data")) as PagePayload;

  it("is well-formed and has each section that its data asks for", () => {
    const page = renderReport(sampleReport(), client);
    const ids = readTags(page).flatMap(({ attributes }) => /\bid="([^"]+)"/.exec(attributes)?.[1] ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ["strips", "accuracy", "entropy", "logit-norm", "dominant-share", "predictor-distance"]) {
      expect(ids).toContain(id);
    }
    for (const id of ["corruptions", "settings"]) expect(ids).toContain(id);
    for (const id of ["results", "rates"]) expect(ids).not.toContain(id);
    expect(readTags(renderReport(sampleEvaluation(), client)).length).toBeGreaterThan(50);
  });

  it("loads nothing: no address in any tag, none in the style, and a policy that forbids loads", () => {
    const page = renderReport(sampleReport(), client);
    for (const { name, attributes } of readTags(page)) {
      expect(attributes, name).not.toMatch(/\b(src|href|srcset|action|data|poster)\s*=|url\(/);
    }
    expect(client.style).not.toMatch(/url\(|@import/);
    expect(client.script).not.toMatch(/\bfetch\(|XMLHttpRequest|import\(|WebSocket|sendBeacon/);
    expect(page).toContain("default-src &#39;none&#39;");
  });

  it("shows hostile strings as text: they add no tag and reach the script unchanged", () => {
    const harmless = suffixed(sampleReport(), "x") as ReportData;
    const hostile = suffixed(sampleReport(), HOSTILE) as ReportData;
    const names = (data: ReportData) => readTags(renderReport(data, client)).map(({ name }) => name);
    expect(names(hostile)).toEqual(names(harmless));
    const { heats } = payloadOf(renderReport(hostile, client));
    expect(heats[0].rows).toEqual(hostile.classes);
    expect(heats[1].name).toBe(hostile.methods[0].name);
  });

  it("has no script that ends early: the client holds no </script", () => {
    expect(client.script).not.toMatch(/<\/script|<!--/i);
  });

  it("says in words which method collapsed", () => {
    const page = renderReport(sampleReport(), client);
    expect(page).toMatch(/Tent got 30\.\d\u00a0% \(−28\.\d points\) and collapsed: one class takes 9\d\u00a0%/);
    expect(page).toMatch(/ZeroSiam got 66\.\d\u00a0% \(\+7\.\d points\); its most frequent class takes/);
  });

  it("compares with the source only where it was run", () => {
    const data = sampleReport();
    const without = { ...data, methods: data.methods.filter(({ name }) => name !== "source") };
    expect(renderReport(data, client)).toContain("accuracy without adaptation");
    expect(renderReport(without, client)).not.toContain("accuracy without adaptation");
  });

  it("names the three best of many means over seeds", () => {
    const data = sampleEvaluation();
    const eata = { ...(data.results ?? [])[0], method: "eata", lr: 1e-4, mean: 0.63 };
    const page = renderReport({ ...data, results: [...(data.results ?? []), eata] }, client);
    expect(page).toMatch(
      /: ZeroSiam at 1e.3 66\.2.% ± 0\.8, EATA at [^,]+, Tent at [^,]+; the others \(1\) have less\./,
    );
  });

  it("gives every figure a caption and every chart a table with its values", () => {
    const page = renderReport(sampleReport(), client);
    const tags = readTags(page);
    const count = (name: string) => tags.filter((tag) => tag.name === name).length;
    expect(count("figcaption")).toBe(count("figure"));
    const charts = tags.filter(({ attributes }) => attributes.includes('class="chart"')).length;
    expect(count("details")).toBe(charts + 1);
  });

  it("names the range of rates at which a method is harmless", () => {
    const page = renderReport(sampleEvaluation(), client);
    expect(page).toContain("Tent 1e\u20114 (0.0 decades), ZeroSiam 1e\u20114 to 3e\u20113 (1.5 decades).");
    const [rates] = payloadOf(page).charts;
    expect(rates.x).not.toContain(0);
    expect(rates.series.map((s) => s.rings ?? [])).toEqual([[], [0], [2]]);
    expect(rates.series.map((s) => s.range)).toEqual([undefined, [1e-4, 1e-4], [1e-4, 3e-3]]);
  });

  it("stays small on a long stream, and says that points were pooled", () => {
    const page = renderReport(sampleReport(20_000), client);
    expect(page.length).toBeLessThan(400_000);
    expect(page).toContain("Each point stands for 42 batches.");
    for (const chart of payloadOf(page).charts) expect(chart.x.length).toBeLessThanOrEqual(480);
  });

  it("tells of an interrupted run, and draws methods of different length on one axis", () => {
    const data = sampleReport();
    data.interrupted = true;
    data.methods[2].rows.length = 40;
    data.methods[2].classShare.length = 40;
    const page = renderReport(data, client);
    expect(page).toContain("This run was interrupted");
    for (const chart of payloadOf(page).charts) {
      for (const s of chart.series) expect(s.values.length).toBe(chart.x.length);
    }
  });

  it("renders a run that was stopped before its first batch", () => {
    const data = { ...sampleReport(), methods: [], corruptions: [], labelShare: [], interrupted: true };
    expect(payloadOf(renderReport(data, client))).toEqual({ charts: [], heats: [] });
  });
});

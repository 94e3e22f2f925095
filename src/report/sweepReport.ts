// Reports of a sweep, as data for the page: one of all streams (tables, rates), one of each stream (curves of one seed).
import type { CurveRow } from "../experiments/curves.js";
import { type Cell, type CellPhase, type CellRow, type CellSetting, headline } from "../experiments/sweep/cell.js";
import type { CleanPoint, RateSweep, ReportCorruption, ReportData, ReportMethod, ReportResult } from "./data.js";
import { type Group, overSeeds } from "./group.js";
import { cleanPhases, ratePoints } from "./text/cellTables.js";

/** What every page of a sweep has: when, where and by which command it was run. */
export type SweepFacts = Pick<ReportData, "command" | "created" | "interrupted" | "adapter" | "versions" | "config"> & {
  classes: string[];
};

/** Means over seeds of the chosen settings, and accuracy against rate of the swept ones. */
export function overviewReport(facts: SweepFacts, chosen: readonly Group[], swept: readonly Group[]): ReportData {
  const streamsOf = (groups: readonly Group[]) => [...new Set(groups.map(({ setting }) => setting.stream))];
  return {
    ...facts,
    ...{ stream: "the sweep: all streams", seed: chosen[0]?.setting.seed ?? 0, methods: [] },
    results: streamsOf(chosen).flatMap((stream) =>
      chosen.filter(({ setting }) => setting.stream === stream).flatMap(resultOf),
    ),
    sweeps: streamsOf(swept).flatMap((stream) => sweepOf(stream, chosen, swept)),
  };
}

function resultOf(group: Group): ReportResult[] {
  const { stream, method, lr, lrPredictor } = group.setting;
  const interval = overSeeds(group, (cell) => headline(cell).accuracy);
  if (!interval) return [];
  const dominantShare = overSeeds(group, (cell) => headline(cell).dominantShare)?.mean ?? null;
  return [{ stream, method, lr, lrPredictor, ...interval, seeds: group.bySeed.size, dominantShare }];
}

/** Nothing without the source: there is no level to compare with. */
function sweepOf(stream: string, chosen: readonly Group[], swept: readonly Group[]): RateSweep[] {
  const here = swept.filter(({ setting }) => setting.stream === stream);
  const source = here.find(({ setting }) => setting.method === "source");
  const level = source && overSeeds(source, (cell) => headline(cell).accuracy);
  if (!level) return [];
  const isChosen = (method: string, lr: number): boolean =>
    chosen.some(({ setting: s }) => s.stream === stream && s.method === method && s.lr === lr);
  const methods = [...new Set(here.map(({ setting }) => setting.method))].filter((method) => method !== "source");
  const points = methods.flatMap((method) =>
    ratePoints(here.filter(({ setting }) => setting.method === method)).map((point) => ({
      ...{ method, ...point },
      chosen: isChosen(method, point.lr),
    })),
  );
  return [{ stream, source: level.mean, points }];
}

/** One stream: the curves of the first seed of each group, clean accuracy over all seeds. */
export function streamReport(facts: SweepFacts, groups: readonly Group[]): ReportData {
  const first = groups.map((group): [Group, Cell] => [group, group.bySeed.values().next().value as Cell]);
  const [, cell] = first[0];
  const curves = first.find(([, { result }]) => result.curves)?.[1].result.curves;
  const phase = curves && curves.phase !== "stream" ? `, curves of its phase “${curves.phase}”` : "";
  return {
    ...facts,
    ...{ stream: `${cell.setting.stream}${phase}`, seed: cell.setting.seed },
    methods: first.map(([group, one]) => methodOf(group, one)),
    corruptions: corruptionsOf(first.map(([, one]) => one)),
    ...(curves ? { labelShare: curves.labelShare } : {}),
  };
}

function methodOf(group: Group, { setting, result }: Cell): ReportMethod {
  const phase = result.phases[result.headline];
  const clean = cleanCurve(group);
  return {
    name: setting.method,
    accuracy: phase.accuracy ?? Number.NaN,
    secondsPerImage: phase.secondsPerImage ?? Number.NaN,
    settings: settingsOf(setting),
    rows: (result.curves?.rows ?? []).map(known),
    classShare: result.curves?.classShare ?? [],
    dominantShare: phase.dominantShare,
    bins: phase.bins.map(([n, confidence, accuracy]) => ({ n, confidence, accuracy })),
    ...(clean.length > 0 ? { clean } : {}),
    ...returned(group),
  };
}

/** A row in which what was not defined is NaN again: a gap in every figure. */
function known({ accuracy, entropy, logitNorm, ...rest }: CellRow): CurveRow {
  const value = (stored: number | null): number => stored ?? Number.NaN;
  return { ...rest, accuracy: value(accuracy), entropy: value(entropy), logitNorm: value(logitNorm) };
}

function settingsOf({ method: _, stream: __, seed: ___, ...settings }: CellSetting): ReportMethod["settings"] {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null));
}

/** The clean probes of a return to the source, over seeds; empty on other streams. */
function cleanCurve(group: Group): CleanPoint[] {
  const [cell] = group.bySeed.values();
  const probes = cleanPhases(cell).map(([probe]) => probe);
  const images = cell.result.phases["corrupted"]?.n ?? 0;
  return probes.flatMap((probe) => {
    const interval = overSeeds(group, (one) => one.result.phases[`clean ${probe}`]?.accuracy ?? null);
    return interval ? [{ seen: Math.round((images * probe) / Math.max(...probes)), ...interval }] : [];
  });
}

function returned(group: Group): Pick<ReportMethod, "returned"> {
  const interval = overSeeds(group, ({ result }) => result.phases["return"]?.accuracy ?? null);
  return interval ? { returned: interval } : {};
}

function corruptionsOf(cells: readonly Cell[]): ReportCorruption[] {
  const phases = cells.map((cell): [string, CellPhase] => [cell.setting.method, headline(cell)]);
  const names = [...new Set(phases.flatMap(([, { perCorruption }]) => Object.keys(perCorruption)))];
  return names.map((name) => ({
    name,
    n: phases[0][1].perCorruption[name]?.n ?? 0,
    accuracy: Object.fromEntries(
      phases.map(([method, { perCorruption }]) => [method, perCorruption[name]?.accuracy ?? Number.NaN]),
    ),
  }));
}

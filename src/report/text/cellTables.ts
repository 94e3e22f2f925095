// The tables of a sweep, from its groups of cells. Each takes one group for each of its entries, chosen by the caller.

import { costRatio, forgetting, type Interval, safeRange } from "../../experiments/metrics/index.js";
import { type Cell, type CellPhase, headline } from "../../experiments/sweep/cell.js";
import { ConfigError } from "../../tensor/errors.js";
import { methodLabel, rate } from "../format.js";
import { differenceOf, type Figure, type Group, overSeeds } from "../group.js";
import { type Entry, type Measured, markBest, type Table } from "./table.js";

/** The scenario's figure. */
export const accuracy: Figure = (cell) => headline(cell).accuracy;
const method = ({ setting }: Group): string => setting.method;
const stream = ({ setting }: Group): string => setting.stream;
const unique = (names: readonly string[]): string[] => [...new Set(names)];

function measured(interval: Interval | null, unit: Measured["unit"]): Entry {
  return interval && { ...interval, unit };
}

/** The one group that fits. Throws ConfigError when there are several: a table cannot tell which is meant. */
function only(groups: readonly Group[], fits: (group: Group) => boolean): Group | undefined {
  const found = groups.filter(fits);
  if (found.length < 2) return found[0];
  const settings = found.map(({ setting }) => JSON.stringify(setting)).join(" and ");
  throw new ConfigError(`table: several settings for one entry: ${settings}`, "choose one rate for each method");
}

/** Methods × streams: the accuracy of each scenario, in percent; the best of each stream bold. */
export function accuracyTable(groups: readonly Group[], caption: string): Table {
  const streams = unique(groups.map(stream));
  const rows = unique(groups.map(method)).map((name): Entry[] => [
    methodLabel(name),
    ...streams.map((kind) => {
      const group = only(groups, (each) => method(each) === name && stream(each) === kind);
      return group ? measured(overSeeds(group, accuracy), "percent") : null;
    }),
  ]);
  for (const [i] of streams.entries()) markBest(rows.map((row) => row[i + 1]));
  return { caption, head: ["method", ...streams], rows };
}

/** Methods × streams: accuracy minus that of the method `against` on the same seeds (paired), in points. */
export function differenceTable(groups: readonly Group[], against: string, caption: string): Table {
  const streams = unique(groups.map(stream));
  const others = unique(groups.map(method)).filter((name) => name !== against);
  const find = (name: string, kind: string) => only(groups, (each) => method(each) === name && stream(each) === kind);
  const rows = others.map((name): Entry[] => [
    methodLabel(name),
    ...streams.map((kind) => {
      const [group, other] = [find(name, kind), find(against, kind)];
      return group && other ? measured(differenceOf(group, other, accuracy), "percent") : null;
    }),
  ]);
  return { caption, head: ["method", ...streams], rows };
}

/** The columns of `metricsTable` beside the source's: heading, unit, figure of the phase that counts. */
const METRICS: readonly (readonly [string, Measured["unit"], (phase: CellPhase) => number | null])[] = [
  ["accuracy", "percent", (phase) => phase.accuracy],
  ["ECE", "percent", (phase) => phase.ece],
  ["entropy", "number", (phase) => phase.entropy],
  ["logit norm", "number", (phase) => phase.logitNorm],
  ["dominant share", "percent", (phase) => phase.dominantShare],
  ["online entropy", "number", (phase) => phase.terms.onlineEntropy],
  ["alignment", "number", (phase) => phase.terms.alignment],
  ["predictor distance", "number", (phase) => phase.terms.predictorDistance],
  ["s/image", "number", (phase) => phase.secondsPerImage],
];

/** Every metric of each method on one stream, with the source's dominant share and cost beside. */
export function metricsTable(groups: readonly Group[], caption: string): Table {
  const source = only(groups, (group) => method(group) === "source");
  const share: Figure = (cell) => headline(cell).dominantShare;
  const seconds = (group: Group): number | null =>
    overSeeds(group, (cell) => headline(cell).secondsPerImage)?.mean ?? null;
  const rows = groups.map((group): Entry[] => {
    const [own, base] = [seconds(group), source ? seconds(source) : null];
    const ratio = own === null || base === null ? null : { mean: costRatio(own, base), ci95: null };
    return [
      methodLabel(method(group)),
      ...METRICS.map(([, unit, figure]) =>
        measured(
          overSeeds(group, (cell) => figure(headline(cell))),
          unit,
        ),
      ),
      measured(source ? overSeeds(source, share) : null, "percent"),
      measured(ratio, "number"),
    ];
  });
  markBest(rows.map((row) => row[1]));
  const heads = METRICS.map(([head]) => head);
  return withoutEmpty({ caption, head: ["method", ...heads, "source’s dominant share", "× source"], rows });
}

/** Without the columns that no row has anything in: times of merged cells, terms of methods that were not run. */
function withoutEmpty({ caption, head, rows }: Table): Table {
  const keep = head.map((_, i) => rows.some((row) => row[i] !== null));
  const kept = <T>(entries: readonly T[]): T[] => entries.filter((_, i) => keep[i]);
  return { caption, head: kept(head), rows: rows.map(kept) };
}

/** Methods × corruptions on one stream: accuracy, the best of each bold, and the mean over the corruptions. */
export function corruptionTable(groups: readonly Group[], caption: string): Table {
  const names = unique(groups.flatMap(({ bySeed }) => [...bySeed.values()].flatMap(corruptions)));
  const of =
    (name: string): Figure =>
    (cell) =>
      headline(cell).perCorruption[name]?.accuracy ?? null;
  const mean: Figure = (cell) => {
    const values = corruptions(cell).flatMap((name) => of(name)(cell) ?? []);
    return values.length === 0 ? null : values.reduce((a, b) => a + b) / values.length;
  };
  const rows = groups.map((group): Entry[] => [
    methodLabel(method(group)),
    ...[...names.map(of), mean].map((figure) => measured(overSeeds(group, figure), "percent")),
  ]);
  for (let i = 0; i <= names.length; i++) markBest(rows.map((row) => row[i + 1]));
  return { caption, head: ["method", ...names, "mean"], rows };
}

function corruptions(cell: Cell): string[] {
  return Object.keys(headline(cell).perCorruption);
}

/** The safe range of rates of each method on one stream. All rates of it are among the groups, and the source. */
export function safeRangeTable(groups: readonly Group[], caption: string): Table {
  const source = only(groups, (group) => method(group) === "source");
  const level = source && overSeeds(source, accuracy)?.mean;
  if (level === undefined) throw new ConfigError("safeRangeTable: no source to compare with", "run the source too");
  const rows = unique(groups.map(method)).flatMap((name): Entry[][] => {
    if (name === "source") return [];
    const points = ratePoints(groups.filter((group) => method(group) === name));
    if (points.length === 0) return []; // it learns nothing, or nothing is known of it
    const range = safeRange(points, level);
    const best = points.reduce((a, b) => (b.mean > a.mean ? b : a));
    return [
      [
        ...[methodLabel(name), rate(range?.lowest ?? null), rate(range?.highest ?? null)],
        range && { mean: range.decades, ci95: null, unit: "number" },
        ...[rate(best.lr), { mean: best.mean, ci95: best.ci95, unit: "percent" } satisfies Measured],
      ],
    ];
  });
  markBest(rows.map((row) => row[3]));
  return { caption, head: ["method", "lowest safe", "highest safe", "decades", "best rate", "accuracy there"], rows };
}

/** Every group with its rates, seeds and accuracy. */
export function settingsTable(groups: readonly Group[], caption: string): Table {
  const rows = groups.map((group): Entry[] => {
    const { part, lr, lrPredictor } = group.setting;
    const rates = [rate(lr), rate(lrPredictor), String(group.bySeed.size)];
    return [stream(group), part, methodLabel(method(group)), ...rates, measured(overSeeds(group, accuracy), "percent")];
  });
  return { caption, head: ["stream", "part", "method", "rate", "predictor’s rate", "seeds", "accuracy"], rows };
}

/** Mean accuracy by rate, ascending. Groups without a rate are left out. */
export function ratePoints(groups: readonly Group[]): { lr: number; mean: number; ci95: number | null }[] {
  return groups
    .flatMap((group) => {
      const interval = overSeeds(group, accuracy);
      return group.setting.lr === null || interval === null ? [] : [{ lr: group.setting.lr, ...interval }];
    })
    .sort((a, b) => a.lr - b.lr);
}

/** What each method forgot: groups of the scenario "return-to-source". */
export function forgettingTable(groups: readonly Group[], caption: string): Table {
  const before: Figure = ({ result }) => result.phases["clean 0"]?.accuracy ?? null;
  const after: Figure = (cell) => cleanPhases(cell).at(-1)?.[1].accuracy ?? null;
  const lost: Figure = (cell) => {
    const [from, to] = [before(cell), after(cell)];
    return from === null || to === null ? null : forgetting(from, to);
  };
  const figures = [before, after, lost, accuracy];
  const rows = groups.map((group): Entry[] => [
    methodLabel(method(group)),
    ...figures.map((figure) => measured(overSeeds(group, figure), "percent")),
  ]);
  for (const column of [2, 3, 4]) markBest(rows.map((row) => row[column]));
  return { caption, head: ["method", "clean before", "clean after", "difference", "return, online"], rows };
}

/** The clean probes of a return to the source, in order: "clean 0" is before the first batch. */
export function cleanPhases({ result }: Cell): [probe: number, phase: CellPhase][] {
  return Object.entries(result.phases)
    .flatMap(([name, phase]): [number, CellPhase][] => {
      const probe = /^clean (\d+)$/.exec(name)?.[1];
      return probe === undefined ? [] : [[Number(probe), phase]];
    })
    .sort(([a], [b]) => a - b);
}

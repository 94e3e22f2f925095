// The reproduction's tables, from its cells: accuracy at each tuning, the claim, safe ranges, chosen rates, ablations.
import { meanWithInterval, safeRange } from "../experiments/metrics/index.js";
import { ablationSettings } from "../experiments/reproduce/ablations.js";
import { type Choice, chooseRates, chosenSettings, TUNINGS, type Tuning } from "../experiments/reproduce/choice.js";
import {
  eachSeed,
  isZeroSiam,
  JUDGED,
  LEARNERS,
  type Scale,
  STREAMS,
  validationSettings,
} from "../experiments/reproduce/protocol.js";
import type { Cell, CellSetting } from "../experiments/sweep/cell.js";
import { keyOf } from "../experiments/sweep/grid.js";
import { ablationTable } from "./ablations.js";
import { methodLabel, rate } from "./format.js";
import { differenceOf, type Group, groupCells, overSeeds } from "./group.js";
import { accuracy, accuracyTable, ratePoints } from "./text/cellTables.js";
import { type Entry, markBest, type Table } from "./text/table.js";

const TUNING_TEXT: Readonly<Record<Tuning, string>> = {
  published: "at the published base rates",
  one: "at one base rate for all streams, chosen on validation",
  each: "at the base rate that validation chose for each stream",
};

/** What the reproduction found. */
export interface Reproduction {
  /** The groups of each tuning. */
  readonly chosen: ReadonlyMap<Tuning, Group[]>;
  /** Every rate, on the validation part. */
  readonly swept: readonly Group[];
  /** By name, as files and generated documents call them. */
  readonly tables: Readonly<Record<string, Table>>;
}

/** Reads the reproduction out of its cells. Throws CheckpointError when a validation cell is missing. */
export function reproductionOf(cells: readonly Cell[], scale: Scale): Reproduction {
  const find = finder(cells);
  const validation = find(validationSettings(scale));
  const choice = chooseRates(validation, scale);
  const chosen = new Map(TUNINGS.map((tuning) => [tuning, groupCells(find(chosenSettings(tuning, choice, scale)))]));
  const swept = groupCells(validation);
  const ablations = ablationSettings(choice, scale);
  const complete = find(ablations).length === ablations.length;
  const tables = {
    ...Object.fromEntries(TUNINGS.map((tuning) => [tuning, tuningTable(chosen.get(tuning) as Group[], tuning, scale)])),
    claim: claimTable(chosen),
    "safe-ranges": safeRangesTable(swept, 0),
    "safe-ranges-1": safeRangesTable(swept, 0.01),
    rates: ratesTable(choice),
    ...(complete ? { ablations: ablationTable(find, choice, scale) } : {}),
  };
  return { chosen, swept, tables };
}

/** Finds the cells of settings, those that are there. */
function finder(cells: readonly Cell[]): (settings: readonly CellSetting[]) => Cell[] {
  const byKey = new Map(cells.map((cell) => [keyOf(cell.setting), cell]));
  return (settings) => settings.flatMap((setting) => byKey.get(keyOf(setting)) ?? []);
}

/** Methods × streams, and the mean of the judged streams: by it validation chose the one rate. */
function tuningTable(groups: readonly Group[], tuning: Tuning, { seeds }: Scale): Table {
  const { caption, head, rows } = accuracyTable(
    groups,
    `Accuracy (%) on the test part ${TUNING_TEXT[tuning]}: mean of ${seeds} seeds with 95 % intervals, the best bold. ` +
      `The last column is the mean of ${JUDGED.join(", ")}.`,
  );
  const methods = [...new Set(groups.map(({ setting }) => setting.method))];
  const means = methods.map((method): Entry => {
    const judged = groups.filter(
      ({ setting }) => setting.method === method && JUDGED.some((stream) => stream === setting.stream),
    );
    const bySeed = eachSeed(seeds, (seed) => {
      const accuracies = judged.map((group) => accuracy(group.bySeed.get(seed) as Cell) as number);
      return accuracies.reduce((sum, value) => sum + value, 0) / accuracies.length;
    });
    return { ...meanWithInterval(bySeed), unit: "percent" };
  });
  markBest(means);
  return { caption, head: [...head, "mean of four"], rows: rows.map((row, i) => [...row, means[i]]) };
}

/** ZeroSiam at its one setting against the best of the others, each at its best rate for the stream. */
function claimTable(chosen: ReadonlyMap<Tuning, Group[]>): Table {
  const on = (tuning: Tuning, stream: string) =>
    (chosen.get(tuning) as Group[]).filter(({ setting }) => setting.stream === stream);
  const level = (group: Group): number => overSeeds(group, accuracy)?.mean ?? Number.NEGATIVE_INFINITY;
  const rows = JUDGED.flatMap((stream): Entry[][] => {
    const own = on("one", stream).find(({ setting }) => setting.method === "zerosiam");
    const [best] = on("each", stream)
      .filter(({ setting }) => !isZeroSiam(setting.method))
      .sort((a, b) => level(b) - level(a));
    const difference = own && best && differenceOf(own, best, accuracy);
    if (!difference) return [];
    const verdict = difference.mean >= 0 ? "best" : difference.mean + (difference.ci95 ?? 0) >= 0 ? "within" : "behind";
    const percent = (group: Group): Entry => {
      const interval = overSeeds(group, accuracy);
      return interval && { ...interval, unit: "percent" };
    };
    const entries = [percent(own), methodLabel(best.setting.method), percent(best)];
    return [[stream, ...entries, { ...difference, unit: "percent" }, verdict]];
  });
  const heads = ["stream", "ZeroSiam, one setting", "best other, tuned for the stream", "its accuracy"];
  return {
    caption:
      "ZeroSiam at one base rate against the best of the other methods (not ZeroSiam on EATA or DeYO), each at its best " +
      "rate for the stream: accuracy (%), and the paired difference over seeds in points with its 95 % interval.",
    head: [...heads, "difference", "ZeroSiam is"],
    rows,
  };
}

/** Decades of consecutive rates at most `margin` below the source, for each method and stream. */
function safeRangesTable(swept: readonly Group[], margin: number): Table {
  const streams = Object.keys(STREAMS);
  const on = (method: string, stream: string): Group[] =>
    swept.filter(({ setting }) => setting.method === method && setting.stream === stream);
  const rows = LEARNERS.map((method): Entry[] => [
    methodLabel(method),
    ...streams.map((stream): Entry => {
      const [source] = on("source", stream);
      const level = source && overSeeds(source, accuracy)?.mean;
      const range = safeRange(ratePoints(on(method, stream)), level ?? Number.NaN, margin);
      return range && { mean: range.decades, ci95: null, unit: "number" };
    }),
  ]);
  for (const [i] of streams.entries()) markBest(rows.map((row) => row[i + 1]));
  return {
    caption:
      "Safe range of rates on the validation part, in decades of the three that were swept: from the lowest to the " +
      `highest of consecutive rates whose mean accuracy is at least the source’s${margin === 0 ? "" : ` less ${100 * margin} point`}; ` +
      "0 is a single rate, – none.",
    head: ["method", ...streams],
    rows,
  };
}

function ratesTable(choice: Choice): Table {
  const streams = Object.keys(STREAMS);
  return {
    caption: "Base rates (at batch 64, before the batch-size rule): published, the one chosen, and for each stream.",
    head: ["method", "published", "one", ...streams],
    rows: LEARNERS.map((method) => [
      methodLabel(method),
      ...[choice("published", method, streams[0]), choice("one", method, streams[0])].map(rate),
      ...streams.map((stream) => rate(choice("each", method, stream))),
    ]),
  };
}

// The cells of a sweep, in order: every combination of what a grid lists, and how cells compare.
import type { CellSetting } from "./cell.js";

type Value = CellSetting[string];

/** Rates that are tried together; a method takes those it has. */
export interface Rates {
  readonly lr: number;
  readonly lrPredictor: number;
}

/** Lists whose combinations are cells. */
export interface Grid {
  readonly methods: readonly string[];
  readonly streams: readonly string[];
  readonly parts: readonly CellSetting["part"][];
  readonly seeds: readonly number[];
  readonly rates: readonly Rates[];
  readonly batchSizes: readonly (number | null)[];
  /** Of stream and method, by name. */
  readonly options: Readonly<Record<string, readonly Value[]>>;
}

/** Whether a method has a rate; one without is run once, whatever rates the grid has. */
export const learns = (method: string): boolean => method !== "source" && method !== "norm";
const hasPredictor = (method: string): boolean => method.startsWith("zerosiam");

/** How many cells a grid has at most: its combinations, where every method learns. Nothing is made of them. */
export function sizeOfGrid({ methods, streams, parts, seeds, rates, batchSizes, options }: Grid): number {
  const lists = [methods, streams, parts, seeds, batchSizes, ...Object.values(options)];
  return lists.reduce((product, { length }) => product * length, Math.max(1, rates.length));
}

/** The settings of all grids, each once, seeds next to each other. */
export function expand(model: string, grids: readonly Grid[]): CellSetting[] {
  return distinct(grids.flatMap((grid) => [...cellsOf(model, grid)]));
}

/** Each setting once. */
export function distinct(settings: readonly CellSetting[]): CellSetting[] {
  return [...new Map(settings.map((setting) => [keyOf(setting), setting])).values()];
}

function* cellsOf(model: string, { methods, streams, parts, seeds, rates, batchSizes, options }: Grid) {
  for (const part of parts)
    for (const stream of streams)
      for (const batchSize of batchSizes)
        for (const method of methods)
          for (const chosen of combinations(options))
            for (const rate of ratesOf(method, rates))
              for (const seed of seeds) yield { model, method, stream, part, batchSize, ...rate, ...chosen, seed };
}

function ratesOf(method: string, rates: readonly Rates[]): Pick<CellSetting, "lr" | "lrPredictor">[] {
  if (!learns(method)) return [{ lr: null, lrPredictor: null }];
  return rates.map(({ lr, lrPredictor }) => ({ lr, lrPredictor: hasPredictor(method) ? lrPredictor : null }));
}

function combinations(options: Grid["options"]): Record<string, Value>[] {
  let found: Record<string, Value>[] = [{}];
  for (const [name, values] of Object.entries(options)) {
    found = found.flatMap((one) => values.map((value) => ({ ...one, [name]: value })));
  }
  return found;
}

/** Names a setting, whatever the order of its fields. */
export function keyOf(setting: CellSetting): string {
  return JSON.stringify(Object.entries(setting).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What merged cells are sorted by first; other options follow by name, the seed comes last. */
const ORDER = ["model", "part", "stream", "batchSize", "method", "lr", "lrPredictor"];

/** Sorts settings, the same way on every machine: numbers by size, null first, text by code units. */
export function compareSettings(a: CellSetting, b: CellSetting): number {
  const others = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((k) => k !== "seed" && !ORDER.includes(k));
  for (const name of [...ORDER, ...others.sort(), "seed"]) {
    const order = compareValues(a[name] ?? null, b[name] ?? null);
    if (order !== 0) return order;
  }
  return 0;
}

function compareValues(a: Value, b: Value): number {
  if (a === b) return 0;
  if (typeof a === "number" && typeof b === "number") return a - b;
  const rank = (value: Value): string => (value === null ? "" : `${typeof value} ${value}`);
  return rank(a) < rank(b) ? -1 : 1;
}

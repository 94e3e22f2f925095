// The file that describes a sweep: read, checked, and expanded to cells.
import { basename, dirname, resolve } from "node:path";
import { SCENARIOS } from "../../experiments/scenarios/index.js";
import { readDocument } from "../../nn/io/whole.js";
import { MODELS } from "../../nn/models/registry.js";
import { CheckpointError, ConfigError } from "../../tensor/index.js";
import { METHODS } from "../../zerosiam/methods/index.js";
import type { CellSetting } from "./cell.js";
import { Field } from "./field.js";
import { expand, type Grid, learns, type Rates, sizeOfGrid } from "./grid.js";
import { OPTIONS } from "./options.js";

export type Part = CellSetting["part"];

/** A sweep, its paths made absolute. */
export interface SweepConfig {
  readonly model: string;
  readonly weights: string;
  /** Stream files, or folders of them. */
  readonly data: Partial<Record<Part | "clean", string>>;
  /** How many processes share the grid, where neither a flag nor the job says so. */
  readonly shards: number | undefined;
  /** Whether results keep curves over the stream. */
  readonly curves: boolean;
  readonly settings: readonly CellSetting[];
}

const PARTS: readonly Part[] = ["validation", "test"];
/** More cells than a cluster computes in a year: whoever writes so many has slipped. */
const MAX_CELLS = 100_000;

/** Reads a sweep's file. Paths in it are relative to it. Throws ConfigError naming the place of what does not fit. */
export async function readSweepConfig(path: string): Promise<SweepConfig> {
  let document: unknown;
  try {
    document = await readDocument(path, "a sweep is described by a JSON document");
  } catch (cause) {
    if (!(cause instanceof CheckpointError)) throw cause;
    throw new ConfigError(cause.message.split("\n")[0], cause.help, { cause }); // it stands on the command line
  }
  return toSweepConfig(document, basename(path), dirname(path));
}

/** @param source name of the document, as errors show it */
export function toSweepConfig(document: unknown, source: string, folder: string): SweepConfig {
  const fields = ["model", "weights", "data", "shards", "curves", "grids"] as const;
  const { model, weights, data, shards, curves, grids } = new Field(document, source).object(fields);
  const pathOf = (field: Field): string => resolve(folder, field.text());
  const name = model.name(MODELS);
  const files = Object.entries(data.object(["validation", "test", "clean"])).filter(([, file]) => !file.absent);
  const listed = grids.list().map((grid) => {
    const checked = toGrid(grid);
    for (const part of checked.parts) if (!files.some(([known]) => known === part)) missing(grid, data, part);
    return checked;
  });
  const cells = listed.reduce((sum, grid) => sum + sizeOfGrid(grid), 0);
  if (cells > MAX_CELLS) {
    const found = `${grids.path}: ${cells} combinations are more than ${MAX_CELLS}`;
    throw new ConfigError(found, "list fewer values, or write several sweeps");
  }
  return {
    model: name,
    weights: pathOf(weights),
    data: Object.fromEntries(files.map(([part, file]) => [part, pathOf(file)])),
    shards: shards.or<number | undefined>(undefined, (field) => field.number({ min: 1, integer: true })),
    curves: curves.or(false, (field) => field.boolean()),
    settings: expand(name, listed),
  };
}

function missing(grid: Field, data: Field, part: Part): never {
  throw new ConfigError(`${grid.path}: runs on the ${part} part, but ${data.path} has no ${part}`, "name its file");
}

function toGrid(field: Field): Grid {
  const keys = ["methods", "streams", "parts", "seeds", "rates", "predictorRatio", "batchSizes", "options"] as const;
  const { methods, streams, parts, seeds, rates, predictorRatio, batchSizes, options } = field.object(keys);
  const ratio = predictorRatio.or(1, (given) => given.number({ min: 0 }));
  const names = methods.oneOrMore().map((method) => method.name(METHODS));
  const learner = names.find(learns);
  if (learner !== undefined && rates.absent) rates.refuse("", `${learner} learns: list the rates to try`);
  return {
    methods: names,
    streams: streams.oneOrMore().map((stream) => stream.name(SCENARIOS)),
    parts: parts.or<readonly Part[]>(["test"], (given) => given.oneOrMore().map((part) => part.name(PARTS))),
    seeds: seedsOf(seeds),
    rates: rates.or<readonly Rates[]>([], (given) => given.oneOrMore().map((rate) => ratesOf(rate, ratio))),
    batchSizes: batchSizes.or<readonly (number | null)[]>([null], (given) =>
      given.oneOrMore().map((size) => (size.value === null ? null : size.number({ min: 1, integer: true }))),
    ),
    options: options.or({}, optionsOf),
  };
}

/** A list of seeds, or how many: 3 stands for 0, 1, 2. */
function seedsOf(field: Field): number[] {
  if (Array.isArray(field.value)) return field.list().map((seed) => seed.number({ min: 0, integer: true }));
  return Array.from({ length: field.number({ min: 1, max: MAX_CELLS, integer: true }) }, (_, seed) => seed);
}

/** A number, which the predictor takes times `ratio`, or both rates by name. */
function ratesOf(field: Field, ratio: number): Rates {
  if (typeof field.value === "number") {
    const lr = field.number({ min: 0 });
    return { lr, lrPredictor: Number((lr * ratio).toPrecision(6)) }; // 0.003, not 0.0030000000000000001
  }
  const { lr, lrPredictor } = field.object(["lr", "lrPredictor"]);
  return { lr: lr.number({ min: 0 }), lrPredictor: lrPredictor.number({ min: 0 }) };
}

/** Each a value, or a list of values that are tried one by one. */
function optionsOf(field: Field): Grid["options"] {
  const given = Object.entries(field.object(Object.keys(OPTIONS))).filter(([, option]) => !option.absent);
  return Object.fromEntries(given.map(([name, option]) => [name, option.oneOrMore().map(OPTIONS[name].read)]));
}

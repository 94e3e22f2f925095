// The evaluation of the digits: rates chosen on the validation part, figures on the test part, over several seeds.
import type { ImageSet } from "../data/imageSet.js";
import { createMethod, type MethodOptions } from "../methods/index.js";
import { meanWithInterval } from "../metrics/index.js";
import { loadDigitsModel } from "../models.js";
import type { RatePoint, RateSweep, ReportResult } from "../report/data.js";
import { SILENT } from "../report/terminal.js";
import { Runner } from "../runner.js";
import { Stream, type StreamOptions } from "../streams/index.js";
import type { Interrupt } from "./interrupt.js";
import { runStream } from "./runStream.js";

/** One kind of stream in the table. */
export interface Protocol {
  /** As tables print it. */
  name: string;
  stream: Partial<StreamOptions>;
  /** Images of each corruption, the same on both parts: rates that suit a stream are too high for a longer one. */
  limit: number;
}

/** A method with its rates; the source has none. */
export interface Setting {
  method: string;
  lr: number | null;
  lrPredictor: number | null;
}

/** What one run over one stream gave. */
export interface RunFigures {
  accuracy: number;
  /** Over the last quarter. */
  dominantShare: number | null;
}

/** Runs settings on streams; told of each run, so that progress can be shown. */
export interface Evaluator {
  validation: ImageSet;
  test: ImageSet;
  seeds: number;
  interrupt: Interrupt;
  /** Called after each run. */
  ran(protocol: Protocol, part: string, setting: Setting, figures: RunFigures): void;
}

export const SOURCE: Setting = { method: "source", lr: null, lrPredictor: null };
/** From harmless to collapse. */
const RATES = [1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3];
/** Predictor rate ÷ rate of the norms: what the paper gives its GroupNorm model. Fixed, so that both methods tune one number. */
const PREDICTOR_RATIO = 10;
/** Validation runs of each setting, differing as test runs do: near collapse a single one says little. */
const VALIDATION_SEEDS = 3;

/** Every setting that validation compares. */
const GRID: readonly Setting[] = RATES.flatMap((lr): Setting[] => [
  { method: "tent", lr, lrPredictor: null },
  { method: "zerosiam", lr, lrPredictor: Number((lr * PREDICTOR_RATIO).toPrecision(3)) },
]);

/** How many runs the evaluation of one protocol makes: validation, then four settings with every test seed. */
export function runCount(testSeeds: number): number {
  return VALIDATION_SEEDS * (1 + GRID.length) + 4 * testSeeds;
}

/** One run. Null when Ctrl-C stopped it: half a run is no figure. */
async function runOnce(on: Evaluator, protocol: Protocol, part: "validation" | "test", setting: Setting, seed: number) {
  const { stream: options, limit } = protocol;
  const stream = new Stream({ ...options, set: on[part], pick: "draw", limit, seed });
  const model = await loadDigitsModel();
  const method = createMethod(setting.method, model, optionsOf(setting));
  const runner = new Runner(method, stream.length);
  try {
    await runStream(stream, [runner], SILENT, on.interrupt);
  } finally {
    method.dispose();
    model.dispose();
  }
  if (on.interrupt.requested) return null;
  const { accuracy, rows } = runner.recorder;
  const figures: RunFigures = { accuracy, dominantShare: rows[rows.length - 1].dominantShare };
  on.ran(protocol, part, setting, figures);
  return figures;
}

function optionsOf({ lr, lrPredictor }: Setting): MethodOptions {
  return { lr: lr ?? 0, ...(lrPredictor === null ? {} : { lrPredictor }) };
}

/** What validation says of one protocol. */
export interface Choice {
  sweep: RateSweep;
  /** The best setting of each method, by method. */
  best: Map<string, Setting>;
}

/** Runs the whole grid on the validation part, and takes each method's best mean. Null when stopped. */
export async function chooseRates(on: Evaluator, protocol: Protocol): Promise<Choice | null> {
  const source = await runSeeds(on, protocol, "validation", SOURCE, VALIDATION_SEEDS);
  if (!source) return null;
  const scores = new Map<Setting, Interval>();
  const best = new Map<string, Setting>();
  for (const setting of GRID) {
    const runs = await runSeeds(on, protocol, "validation", setting, VALIDATION_SEEDS);
    if (!runs) return null;
    const score = accuracyOf(runs);
    scores.set(setting, score);
    const leader = best.get(setting.method);
    if (!leader || score.mean > (scores.get(leader) as Interval).mean) best.set(setting.method, setting);
  }
  const points = [...scores].map(
    ([setting, score]): RatePoint => ({
      ...{ method: setting.method, lr: setting.lr as number, ...score },
      chosen: best.get(setting.method) === setting,
    }),
  );
  return { best, sweep: { stream: `${protocol.name}, validation part`, source: accuracyOf(source).mean, points } };
}

type Interval = ReturnType<typeof meanWithInterval>;

function accuracyOf(runs: readonly RunFigures[]): Interval {
  return meanWithInterval(runs.map(({ accuracy }) => accuracy));
}

/** One run for each of the first `seeds` seeds. Null when stopped. */
async function runSeeds(
  on: Evaluator,
  protocol: Protocol,
  part: "validation" | "test",
  setting: Setting,
  seeds: number,
) {
  const runs: RunFigures[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    const figures = await runOnce(on, protocol, part, setting, seed);
    if (!figures) return null;
    runs.push(figures);
  }
  return runs;
}

/** Mean and interval over the seeds on the test part. Null when stopped: fewer seeds are another figure. */
export async function measure(on: Evaluator, protocol: Protocol, setting: Setting): Promise<ReportResult | null> {
  const runs = await runSeeds(on, protocol, "test", setting, on.seeds);
  if (!runs) return null;
  const shares = runs.flatMap(({ dominantShare }) => dominantShare ?? []);
  return {
    stream: protocol.name,
    ...setting,
    ...accuracyOf(runs),
    seeds: runs.length,
    dominantShare: shares.length > 0 ? meanWithInterval(shares).mean : null,
  };
}

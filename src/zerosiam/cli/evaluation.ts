// The evaluation of the digits: rates chosen on the validation part, figures on the test part, over several seeds.
import type { ImageSet } from "../data/imageSet.js";
import { createMethod, type MethodOptions } from "../methods/index.js";
import { meanWithInterval } from "../metrics.js";
import { loadDigitsModel } from "../models.js";
import type { RatePoint, RateSweep, ReportResult } from "../report/data.js";
import { SILENT } from "../report/terminal.js";
import { Stream, type StreamOptions } from "../streams/index.js";
import type { Interrupt } from "./interrupt.js";
import { Runner, runStream } from "./runStream.js";

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

/** Then tried around the best of these, as factors of it. */
const REFINEMENTS = [0.63, 0.8, 1.25, 1.6];

const METHODS_TUNED: Readonly<Record<string, (lr: number) => Setting>> = {
  tent: (lr) => ({ method: "tent", lr, lrPredictor: null }),
  zerosiam: (lr) => ({ method: "zerosiam", lr, lrPredictor: rounded(lr * PREDICTOR_RATIO) }),
};

/** Rates as people write them. */
function rounded(rate: number): number {
  return Number(rate.toPrecision(3));
}

/** How many runs the evaluation of one protocol makes: validation, then four settings with every test seed. */
export function runCount(testSeeds: number): number {
  const settings = Object.keys(METHODS_TUNED).length * (RATES.length + REFINEMENTS.length);
  return VALIDATION_SEEDS * (1 + settings) + 4 * testSeeds;
}

/** One run. Null when Ctrl-C stopped it: half a run is no figure. */
async function runOnce(on: Evaluator, protocol: Protocol, part: "validation" | "test", setting: Setting, seed: number) {
  const { stream: options, limit } = protocol;
  const stream = new Stream({ ...options, set: on[part], pick: "draw", limit, seed });
  const model = await loadDigitsModel();
  const method = createMethod(setting.method, model, optionsOf(setting));
  const runner = new Runner(method, {}, stream.samples.length);
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

/** Tries all rates on the validation part, then some around each method's best, and takes the best mean. Null when stopped. */
export async function chooseRates(on: Evaluator, protocol: Protocol): Promise<Choice | null> {
  const source = await runSeeds(on, protocol, "validation", SOURCE, VALIDATION_SEEDS);
  if (!source) return null;
  const best = new Map<string, Setting>();
  const points: RatePoint[] = [];
  for (const [method, settingAt] of Object.entries(METHODS_TUNED)) {
    const scored = await tune(on, protocol, settingAt);
    if (!scored) return null;
    const winner = bestOf(scored);
    best.set(method, winner.setting);
    for (const { setting, score } of scored) {
      points.push({ method, lr: setting.lr as number, ...score, chosen: setting === winner.setting });
    }
  }
  points.sort((a, b) => a.lr - b.lr);
  return { best, sweep: { stream: `${protocol.name}, validation part`, source: accuracyOf(source).mean, points } };
}

interface Scored {
  setting: Setting;
  score: Interval;
}

/** One method at every rate, and at the refinements of its best one. Null when stopped. */
async function tune(on: Evaluator, protocol: Protocol, settingAt: (lr: number) => Setting): Promise<Scored[] | null> {
  const scored: Scored[] = [];
  const tryAll = async (rates: readonly number[]): Promise<boolean> => {
    for (const lr of rates) {
      const setting = settingAt(lr);
      const runs = await runSeeds(on, protocol, "validation", setting, VALIDATION_SEEDS);
      if (!runs) return false;
      scored.push({ setting, score: accuracyOf(runs) });
    }
    return true;
  };
  if (!(await tryAll(RATES))) return null;
  const center = bestOf(scored).setting.lr as number;
  return (await tryAll(REFINEMENTS.map((factor) => rounded(center * factor)))) ? scored : null;
}

function bestOf(scored: readonly Scored[]): Scored {
  return scored.reduce((leader, next) => (next.score.mean > leader.score.mean ? next : leader));
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

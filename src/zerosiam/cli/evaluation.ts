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
/** Half-decades from harmless to collapse. */
const RATES = [1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2];
/** Predictor rate ÷ rate of the norms. The paper's tables have 1 to 10; this small head gains from more. */
const PREDICTOR_RATIOS = [10, 100];

/** Every setting that validation compares. */
export const GRID: readonly Setting[] = RATES.flatMap((lr): Setting[] => [
  { method: "tent", lr, lrPredictor: null },
  ...PREDICTOR_RATIOS.map(
    (ratio): Setting => ({ method: "zerosiam", lr, lrPredictor: Number((lr * ratio).toPrecision(3)) }),
  ),
]);

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

/** Runs the whole grid on the validation part, with one seed. Null when stopped. */
export async function chooseRates(on: Evaluator, protocol: Protocol): Promise<Choice | null> {
  const source = await runOnce(on, protocol, "validation", SOURCE, 0);
  if (!source) return null;
  const scores = new Map<Setting, number>();
  for (const setting of GRID) {
    const figures = await runOnce(on, protocol, "validation", setting, 0);
    if (!figures) return null;
    scores.set(setting, figures.accuracy);
  }
  const best = new Map<string, Setting>();
  for (const [setting, score] of scores) {
    const leader = best.get(setting.method);
    if (!leader || score > (scores.get(leader) ?? 0)) best.set(setting.method, setting);
  }
  return {
    best,
    sweep: { stream: `${protocol.name}, validation part`, source: source.accuracy, points: pointsOf(scores, best) },
  };
}

/** Accuracy by rate; of ZeroSiam those at the chosen ratio of its two rates. */
function pointsOf(scores: ReadonlyMap<Setting, number>, best: ReadonlyMap<string, Setting>): RatePoint[] {
  return [...scores].flatMap(([setting, mean]) => {
    const chosen = best.get(setting.method);
    if (!chosen || setting.lr === null || ratioOf(setting) !== ratioOf(chosen)) return [];
    return [{ method: setting.method, lr: setting.lr, mean, ci95: null, chosen: setting === chosen }];
  });
}

function ratioOf({ lr, lrPredictor }: Setting): number {
  return lr && lrPredictor ? Math.round(lrPredictor / lr) : 0;
}

/** Mean and interval over the seeds on the test part. Null when stopped before the first seed was done. */
export async function measure(on: Evaluator, protocol: Protocol, setting: Setting): Promise<ReportResult | null> {
  const runs: RunFigures[] = [];
  for (let seed = 0; seed < on.seeds; seed++) {
    const figures = await runOnce(on, protocol, "test", setting, seed);
    if (!figures) break;
    runs.push(figures);
  }
  if (runs.length === 0) return null;
  const shares = runs.flatMap(({ dominantShare }) => dominantShare ?? []);
  return {
    stream: protocol.name,
    ...setting,
    ...meanWithInterval(runs.map(({ accuracy }) => accuracy)),
    seeds: runs.length,
    dominantShare: shares.length > 0 ? meanWithInterval(shares).mean : null,
  };
}

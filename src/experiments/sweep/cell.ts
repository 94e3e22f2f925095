// A cell of a sweep: one setting, run once, and what came of it. Plain JSON, a line each; the tables are made of these.
import type { CurveRow } from "../curves.js";

type Json = string | number | boolean | null;

/** What was run. Two cells of the same setting have the same result, whoever ran them. */
export interface CellSetting {
  model: string;
  method: string;
  /** Name of a scenario. */
  stream: string;
  part: "validation" | "test";
  seed: number;
  /** Rate of the norms; null where nothing is learnt. */
  lr: number | null;
  /** Null where there is no predictor. */
  lrPredictor: number | null;
  /** Images a batch of what is learnt from; null: the scenario's own. */
  batchSize: number | null;
  /** Whatever else was set: α, severity, limit, predictor, objective, … */
  [option: string]: Json;
}

/** What answering some images gave. Accuracies and shares are fractions, times seconds; null: not defined. */
export interface CellFigures {
  n: number;
  accuracy: number | null;
  /** Expected calibration error, 15 bins. */
  ece: number | null;
  /** Mean entropy of the answers, nats. */
  entropy: number | null;
  /** Mean L2 norm of the logits. */
  logitNorm: number | null;
}

/** One bin of a reliability diagram: answers in it, their mean confidence, the share that is right. */
export type CellBin = [n: number, confidence: number | null, accuracy: number | null];

/** The figures of the phases of one name. */
export interface CellPhase extends CellFigures {
  /** Largest share of one class among the trailing ⌈n/4⌉ predictions. */
  dominantShare: number | null;
  secondsPerImage: number | null;
  /** Batches that changed nothing because their gradient was not finite. */
  notUpdated: number;
  bins: CellBin[];
  perCorruption: Record<string, CellFigures>;
  /** Means over the images; the predictor's distance is that at the end. */
  terms: Record<"loss" | "onlineEntropy" | "alignment" | "predictorDistance", number | null>;
}

/** Consecutive batches as one row, whose step is that of the last of them. */
export type CellRow = { [Name in keyof CurveRow]: CurveRow[Name] | (Name extends "step" | "n" ? never : null) };

/** A stream condensed to few points, for the figures. */
export interface CellCurves {
  /** Name of the phases that they are of: the first ones that were learnt from. */
  phase: string;
  rows: CellRow[];
  /** [points][classes] */
  classShare: number[][];
  labelShare: number[][];
}

export interface CellResult {
  /** Name of the phase whose accuracy is the scenario's figure. */
  headline: string;
  phases: Record<string, CellPhase>;
  /** Left out where no figure will be drawn. */
  curves?: CellCurves;
}

export interface Cell {
  setting: CellSetting;
  result: CellResult;
}

/** A finished cell. All but the times is the same whenever and wherever it is computed on adapters of one kind. */
export interface Finished extends Cell {
  readonly adapter: string;
  /** Fingerprint of version, weights and data. */
  readonly inputs: string;
  /** Wall time by image of each phase, which no two runs share; null in `result`, and left out by `merge`. */
  readonly seconds?: Readonly<Record<string, number | null>>;
}

/** The phase that counts. */
export function headline({ result }: Cell): CellPhase {
  return result.phases[result.headline];
}

/** The setting without its seed, as a key: cells of one key differ by seed alone. */
export function settingKey({ setting }: Cell): string {
  const { seed: _, ...rest } = setting;
  return JSON.stringify(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)));
}

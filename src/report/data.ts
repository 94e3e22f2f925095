// What a report shows, as plain data: everything here survives JSON.stringify, and nothing here knows HTML or a GPU.
import type { CurveRow } from "../experiments/curves.js";

/** Answers whose confidence lies in one bin; the means are null of none. */
export interface ReportBin {
  n: number;
  confidence: number | null;
  /** Share of them that is right. */
  accuracy: number | null;
}

/** Clean accuracy of the adapted model, frozen, after it has learnt from `seen` images: mean over seeds. */
export interface CleanPoint {
  seen: number;
  mean: number;
  ci95: number | null;
}

/** One method's way through the stream. */
export interface ReportMethod {
  /** As on the command line: `source`, `tent`, `zerosiam`, … */
  name: string;
  /** Over all images seen. */
  accuracy: number;
  secondsPerImage: number;
  /** What was chosen for this method, such as its learning rates. */
  settings: Record<string, string | number | boolean | null>;
  rows: CurveRow[];
  /** For each row, the share of each class among its predictions: [steps][classes]. */
  classShare: number[][];
  /** At the end, where the rows are of another phase than `accuracy` is. */
  dominantShare?: number | null;
  /** Reliability diagram over all images seen. */
  bins?: ReportBin[];
  /** What it forgets of clean images on the way, the source first. */
  clean?: CleanPoint[];
  /** Online accuracy on clean images afterwards: the return to the source. */
  returned?: { mean: number; ci95: number | null };
}

/** Accuracy on the images of one corruption. */
export interface ReportCorruption {
  name: string;
  /** Images of this corruption that were seen. */
  n: number;
  /** By method name. */
  accuracy: Record<string, number>;
}

/** One point of accuracy against learning rate. */
export interface RatePoint {
  method: string;
  lr: number;
  /** Mean accuracy over the seeds, and the half width of its 95 % interval (null with one seed). */
  mean: number;
  ci95: number | null;
  /** True at the rate that validation chose for this method. */
  chosen: boolean;
}

/** Accuracy against learning rate on one kind of stream. */
export interface RateSweep {
  stream: string;
  /** The accuracy without adaptation, which does not depend on the rate. */
  source: number;
  points: RatePoint[];
}

/** One row of the evaluation's table. */
export interface ReportResult {
  stream: string;
  method: string;
  lr: number | null;
  lrPredictor: number | null;
  mean: number;
  ci95: number | null;
  seeds: number;
  /** Mean over the seeds of the dominant share over the last quarter. */
  dominantShare: number | null;
}

/** Everything that a report shows. A section whose data is absent is left out. */
export interface ReportData {
  /** The command that wrote it, as it can be typed again. */
  command: string;
  /** What the images are and in which order they came, as half a sentence: "digits, class by class". */
  stream: string;
  /** ISO 8601. */
  created: string;
  /** True when the run was stopped before its end. */
  interrupted: boolean;
  adapter: string;
  versions: Record<string, string>;
  seed: number;
  config: Record<string, unknown>;
  /** Names of the classes, in the order of the logits. */
  classes: string[];
  methods: ReportMethod[];
  /** For each step, the share of each class among the labels: [steps][classes]. */
  labelShare?: number[][];
  corruptions?: ReportCorruption[];
  results?: ReportResult[];
  sweeps?: RateSweep[];
}

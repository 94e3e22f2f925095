// The protocol of the reproduction, fixed before its test figures were looked at; docs/decisions.md gives the reasons.
import type { CellSetting } from "../sweep/cell.js";

type Part = CellSetting["part"];

/** The streams: images of a batch, and images of each corruption, the same on both parts. */
export const STREAMS: Readonly<Record<string, { readonly batchSize: number; readonly limit: number }>> = {
  iid: { batchSize: 16, limit: 250 },
  "class-ordered": { batchSize: 16, limit: 250 },
  mixed: { batchSize: 64, limit: 250 },
  "batch-1": { batchSize: 1, limit: 75 },
  "blind-spot": { batchSize: 1, limit: 75 },
  "noise-first": { batchSize: 64, limit: 150 },
  "return-to-source": { batchSize: 64, limit: 150 },
};

/** The streams that decide a method's one setting. */
export const JUDGED = ["class-ordered", "mixed", "batch-1", "blind-spot"] as const;

/** What learns. "norm" is the source on a model of group norms, which keep no statistics of batches. */
export const LEARNERS = [
  ...["tent", "eata", "sar", "deyo", "come-tent", "come-deyo"],
  ...["zerosiam", "zerosiam-eata", "zerosiam-deyo"],
] as const;

/** Base rates that validation compares, the same for all methods: half a decade apart, both published ones among them. */
export const BASE_RATES = [2.5e-5, 8e-5, 2.5e-4, 8e-4, 2.5e-3, 8e-3, 2.5e-2] as const;
/** Predictor's rate ÷ rate of the norms, as published for ResNet50-GN. */
export const PREDICTOR_RATIO = 10;
/** Clean images from which EATA takes its Fisher information. */
const FISHER_IMAGES = 512;

export const isZeroSiam = (method: string): boolean => method.startsWith("zerosiam");

/** The published base rate of the GroupNorm model: 2.5e-4, ZeroSiam's ten times that. */
export function publishedBase(method: string): number {
  return isZeroSiam(method) ? 2.5e-3 : 2.5e-4;
}

/** base · B/64, doubled below batch 32 (as for ResNets), and doubled again at batch 1 for SAR, DeYO, COME and ZeroSiam. */
export function scaledRate(method: string, base: number, batchSize: number): number {
  const small = batchSize < 32 ? 2 : 1;
  const single = batchSize === 1 && method !== "tent" && method !== "eata" ? 2 : 1;
  return rounded(((base * batchSize) / 64) * small * single);
}

/** 0.003, not 0.0030000000000000001: rates are keys of cells. */
const rounded = (rate: number): number => Number(rate.toPrecision(6));

/** How much of the protocol is run. */
export interface Scale {
  readonly seeds: number;
  /** At most so many images of each corruption: to see that it works, not how well. */
  readonly limit?: number;
}

/** What is run, given a base rate; the source has none. */
export function settingOf(
  method: string,
  base: number | null,
  run: { stream: string; part: Part; seed: number },
  most = Number.POSITIVE_INFINITY,
): CellSetting {
  const { batchSize, limit } = STREAMS[run.stream];
  const lr = base === null ? null : scaledRate(method, base, batchSize);
  const lrPredictor = lr !== null && isZeroSiam(method) ? rounded(lr * PREDICTOR_RATIO) : null;
  const fisher = method === "eata" ? { fisher: FISHER_IMAGES } : {};
  return { model: "digits", method, ...run, batchSize, limit: Math.min(limit, most), lr, lrPredictor, ...fisher };
}

/** Every method at every base rate on every stream, and the source; the seeds of one setting stand together. */
export function validationSettings({ seeds, limit }: Scale): CellSetting[] {
  const bases = (method: string): readonly (number | null)[] => (method === "source" ? [null] : BASE_RATES);
  return Object.keys(STREAMS).flatMap((stream) =>
    ["source", ...LEARNERS].flatMap((method) =>
      bases(method).flatMap((base) =>
        eachSeed(seeds, (seed) => settingOf(method, base, { stream, part: "validation", seed }, limit)),
      ),
    ),
  );
}

/** One of each of the first `seeds` seeds. */
export function eachSeed<T>(seeds: number, make: (seed: number) => T): T[] {
  return Array.from({ length: seeds }, (_, seed) => make(seed));
}

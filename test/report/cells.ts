// Made-up cells of a sweep for tests: source, Tent and ZeroSiam on streams, rates and seeds.
import type { Cell, CellPhase, CellSetting } from "../../src/experiments/sweep/cell.js";

/** A phase of 100 images with this accuracy; the rest follows from it. */
export function phase(accuracy: number, given: Partial<CellPhase> = {}): CellPhase {
  const figures = { n: 100, accuracy, ece: 0.1, entropy: 0.5, logitNorm: 8 };
  return {
    ...figures,
    dominantShare: 0.3,
    secondsPerImage: 0.002,
    notUpdated: 0,
    bins: [
      [40, 0.3, 0.25],
      [0, null, null],
      [60, 0.9, accuracy],
    ],
    perCorruption: { fog: { ...figures, n: 50 }, shear: { ...figures, n: 50, accuracy: accuracy - 0.1 } },
    terms: { loss: null, onlineEntropy: null, alignment: null, predictorDistance: null },
    ...given,
  };
}

/** A cell with one phase, "stream". */
export function cell(setting: Partial<CellSetting>, accuracy: number, given: Partial<CellPhase> = {}): Cell {
  const base = { model: "digits", method: "source", stream: "mixed", part: "test", seed: 0 } as const;
  return {
    setting: { ...base, lr: null, lrPredictor: null, batchSize: null, ...setting },
    result: { headline: "stream", phases: { stream: phase(accuracy, given) } },
  };
}

/** Three methods on two streams with seeds 0 and 1. */
export function sampleCells(): Cell[] {
  const accuracies: Record<string, [number, number][]> = {
    source: [[0.6, 0.62], [0.6, 0.62]], // biome-ignore format: a table
    tent: [[0.61, 0.63], [0.2, 0.1]], // biome-ignore format: a table
    zerosiam: [[0.64, 0.66], [0.65, 0.63]], // biome-ignore format: a table
  };
  return Object.entries(accuracies).flatMap(([method, streams]) =>
    streams.flatMap((seeds, i) =>
      seeds.map((accuracy, seed) => {
        const lr = method === "source" ? null : 1e-3;
        const lrPredictor = method === "zerosiam" ? 1e-2 : null;
        const given = method === "source" ? {} : { secondsPerImage: 0.006, dominantShare: 0.9 };
        return cell({ method, stream: ["mixed", "class-ordered"][i], lr, lrPredictor, seed }, accuracy, given);
      }),
    ),
  );
}

/** Tent and ZeroSiam at rates from 1e-5 to 1e-1 on the validation part, and the source. */
export function sweptCells(): Cell[] {
  const curves = { tent: [0.6, 0.61, 0.5, 0.2, 0.1], zerosiam: [0.6, 0.62, 0.64, 0.66, 0.3] };
  const base = { part: "validation", stream: "mixed" } as const;
  const points = Object.entries(curves).flatMap(([method, means]) =>
    means.flatMap((mean, i) =>
      [0, 1].map((seed) => cell({ ...base, method, seed, lr: [1e-5, 1e-4, 1e-3, 1e-2, 1e-1][i] }, mean)),
    ),
  );
  return [cell({ ...base, seed: 0 }, 0.6), cell({ ...base, seed: 1 }, 0.6), ...points];
}

/** A return to the source in which `lost` of the clean accuracy goes on the way. */
export function returnCell(method: string, seed: number, lost: number): Cell {
  const clean = Object.fromEntries([0, 1, 2, 10].map((i) => [`clean ${i}`, phase(0.97 - (lost * i) / 10)]));
  return {
    setting: cell({ method, seed, stream: "return-to-source" }, 0).setting,
    result: { headline: "return", phases: { ...clean, corrupted: phase(0.6), return: phase(0.96 - lost / 2) } },
  };
}

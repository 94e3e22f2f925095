// A made-up run with the shapes of a real one, for tests of the report: a source, a collapsing Tent, a steady ZeroSiam.

import type { CurveRow } from "../../src/experiments/curves.js";
import type { ReportData, ReportMethod } from "../../src/report/data.js";
import { Rng } from "../../src/tensor/rng.js";

const CLASSES = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
const CORRUPTIONS = ["gaussian noise", "shot noise", "motion blur", "fog", "contrast", "elastic", "rotate", "zigzag"];

/** How much of the answers a method gives to class 8, whatever the image is, at part `t` of the stream. */
const DRIFT: Record<string, (t: number) => number> = {
  source: () => 0.08,
  tent: (t) => Math.min(0.97, Math.max(0, (t - 0.2) * 2)),
  zerosiam: () => 0.02,
};

/** `steps` batches of 16 on a class-ordered stream. Same bytes at every call. */
export function sampleReport(steps = 160): ReportData {
  const label = (step: number): number => Math.floor((step * CLASSES.length) / steps);
  const methods = Object.keys(DRIFT).map((name) => sampleMethod(name, steps, label));
  return {
    command: "zerosiam demo --seed 0",
    stream: "corrupted digits, class by class, batches of 16",
    created: "2025-01-01T12:00:00.000Z",
    interrupted: false,
    adapter: "llvmpipe (LLVM 19, 256 bits) · Vulkan",
    versions: { zerosiam: "0.1.0", node: "20.20.2", webgpu: "0.6.2" },
    seed: 0,
    config: { batch: 16, order: "class", momentum: 0.9 },
    classes: CLASSES,
    methods,
    labelShare: Array.from({ length: steps }, (_, s) => CLASSES.map((_, c) => (c === label(s) ? 1 : 0))),
    corruptions: CORRUPTIONS.map((name, i) => ({
      name,
      n: 320,
      accuracy: { source: 0.5 + 0.02 * i, tent: 0.2 + 0.01 * i, zerosiam: 0.58 + 0.015 * i - (i === 3 ? 0.1 : 0) },
    })),
  };
}

function sampleMethod(name: string, steps: number, label: (step: number) => number): ReportMethod {
  const rng = new Rng(7);
  const classShare: number[][] = [];
  const rows: CurveRow[] = [];
  const right = name === "zerosiam" ? 0.68 : 0.64;
  for (let step = 0; step < steps; step++) {
    const t = step / steps;
    const drift = DRIFT[name](t);
    const noise = rng.uniform() * 0.2 - 0.1;
    const accuracy = Math.round(16 * Math.max(0, (1 - drift) * right + noise)) / 16;
    const others = (1 - drift) * (1 - right) * 0.1;
    classShare.push(
      CLASSES.map((_, c) => (c === label(step) ? (1 - drift) * right : others) + (c === 8 ? drift : 0) + others * 0.2),
    );
    rows.push({
      step: step + 1,
      n: 16,
      accuracy,
      entropy: name === "source" ? 0.6 + noise : (0.5 + noise) * (1 - 0.8 * drift),
      logitNorm: 9 + 12 * (name === "source" ? 0 : drift) + noise * 4,
      dominantShare:
        t < 0.25 ? null : Math.max(0.3, drift * 0.95) + 0.05 * noise + (name === "source" ? 0.06 * Math.sin(9 * t) : 0),
      predictorDistance: name === "zerosiam" ? 0.4 * Math.sqrt(t) + noise * 0.05 : null,
    });
  }
  const accuracy = rows.reduce((sum, row) => sum + row.accuracy, 0) / steps;
  const settings =
    name === "source" ? {} : { lr: 1e-3, ...(name === "zerosiam" ? { lrPredictor: 1e-2, alpha: 1 } : {}) };
  return { name, accuracy, secondsPerImage: name === "source" ? 0.0021 : 0.0064, settings, rows, classShare };
}

/** What `evaluate` adds: a table and accuracy against rate. */
export function sampleEvaluation(): ReportData {
  const rates = [0, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2];
  const curves: Record<string, number[]> = {
    tent: [0.614, 0.619, 0.506, 0.207, 0.087, 0.085, 0.085],
    zerosiam: [0.614, 0.633, 0.652, 0.662, 0.65, 0.55, 0.12],
  };
  const points = Object.entries(curves).flatMap(([method, means]) =>
    means.map((mean, i) => ({ method, lr: rates[i], mean, ci95: 0.012, chosen: i === (method === "tent" ? 1 : 3) })),
  );
  const stream = "class-ordered, batch 16";
  const row = { stream, lr: null, lrPredictor: null, seeds: 5, dominantShare: 0.3 };
  return {
    ...sampleReport(),
    command: "zerosiam evaluate",
    methods: [],
    corruptions: [],
    results: [
      { ...row, method: "source", mean: 0.614, ci95: 0.004 },
      { ...row, method: "tent", lr: 1e-4, mean: 0.619, ci95: 0.012 },
      { ...row, method: "zerosiam", lr: 1e-3, lrPredictor: 1e-2, mean: 0.662, ci95: 0.008 },
    ],
    sweeps: [{ stream, source: 0.614, points }],
  };
}

/** `value` with `suffix` at the end of every string in it. */
export function suffixed(value: unknown, suffix: string): unknown {
  if (typeof value === "string") return value + suffix;
  if (Array.isArray(value)) return value.map((inner) => suffixed(inner, suffix));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, suffixed(inner, suffix)]));
}

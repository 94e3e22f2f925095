// The benchmark run: every op at every size, then adaptation steps, row by row.
import type { Device } from "../src/tensor/index.js";
import type { AnyOp } from "../src/tensor/op.js";
import { benchCase, selectWork } from "./cases.js";
import { gradientRow, opRow } from "./ops.js";
import { measurePeaks, type Peaks } from "./peaks.js";
import type { BenchRow } from "./row.js";
import { loadSampler, QUICK, THOROUGH } from "./sampler.js";
import { stepRows } from "./steps.js";
import type { Timer } from "./timing.js";

export { selectWork } from "./cases.js";
export type { Peaks } from "./peaks.js";
export type { BenchRow } from "./row.js";
export { tableHeader, tableRow } from "./table.js";

export interface BenchOptions {
  /** Ops by name, `step` for whole steps; all without any. */
  readonly names: readonly string[];
  /** Side lengths; default by the kind of adapter. */
  readonly sizes?: readonly number[];
  /** A minute on a software adapter instead of several. */
  readonly quick: boolean;
  /** Also each differentiable op with its gradients. */
  readonly gradients: boolean;
}

export interface BenchListener {
  onPeaks(peaks: Peaks): void;
  onRow(row: BenchRow): void;
  /** Looked at between rows: true ends the run. */
  stopped(): boolean;
}

export interface BenchResult {
  readonly peaks: Peaks;
  readonly rows: readonly BenchRow[];
}

/** Times what `options` name on `device`. Throws ConfigError for unknown names, ZeroSiamError when Benchmark.js is missing. */
export async function runBench(device: Device, options: BenchOptions, listener: BenchListener): Promise<BenchResult> {
  const { ops, steps } = selectWork(options.names);
  const effort = options.quick ? QUICK : THOROUGH;
  const timer = { device, effort, sampler: await loadSampler() };
  const peaks = await measurePeaks(timer);
  listener.onPeaks(peaks);
  const rows: BenchRow[] = [];
  const collect = async (found: AsyncIterable<BenchRow>): Promise<void> => {
    for await (const row of found) {
      rows.push(row);
      listener.onRow(row);
      if (listener.stopped()) return;
    }
  };
  await collect(opRows(timer, ops, peaks, options));
  if (steps && !listener.stopped()) await collect(stepRows(device, effort, options.quick));
  return { peaks, rows };
}

async function* opRows(
  timer: Timer,
  ops: readonly AnyOp[],
  peaks: Peaks,
  { sizes, quick, gradients }: BenchOptions,
): AsyncGenerator<BenchRow> {
  for (const op of ops) {
    for (const size of sizes ?? defaultSizes(timer.device, quick)) {
      const call = benchCase(op, size);
      yield await opRow(timer, call, peaks);
      if (gradients && call.differentiable) yield await gradientRow(timer, call);
    }
  }
}

function defaultSizes({ caps }: Device, quick: boolean): readonly number[] {
  if (caps.kind === "gpu") return quick ? [2048] : [1024, 4096];
  return quick ? [256] : [256, 1024];
}

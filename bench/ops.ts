// Rows of single ops: a call alone, and a call with its derivative.
import { grad, noGrad, scope, type Tensor } from "../src/tensor/index.js";
import { apply } from "../src/tensor/run.js";
import type { BenchCase } from "./cases.js";
import { benchInput } from "./inputs.js";
import { type Peaks, shareOfPeak } from "./peaks.js";
import type { BenchRow } from "./row.js";
import { type Timer, type Timing, timeCall } from "./timing.js";

/** Times one call of the case. Throws what the op throws. */
export async function opRow(timer: Timer, { op, sample, work, ...cost }: BenchCase, peaks: Peaks): Promise<BenchRow> {
  const inputs = sample.inputs.map((input) => input && benchInput(input, timer.device));
  const call = () => scope(() => void noGrad(() => apply(op, inputs, sample.args ?? [])));
  const timing = await timeCall(timer, call);
  free(inputs);
  const row = rowOf(work, timing, cost);
  const ofPeak = shareOfPeak(cost, row.ms, peaks);
  return { ...row, ...(ofPeak !== undefined && { ofPeak }) };
}

/** Times the call and the gradients of all its inputs together. Bytes count a gradient in and one out for each input. */
export async function gradientRow(timer: Timer, { op, sample, work, bytes }: BenchCase): Promise<BenchRow> {
  const inputs = sample.inputs.map((input) => input && benchInput(input, timer.device));
  const leaves = inputs.filter((t): t is Tensor => t?.dtype === "f32").map((t) => t.setRequiresGrad(true));
  const [gradient] = noGrad(() => scope(() => apply(op, inputs, sample.args ?? [])));
  const call = () => scope(() => void grad(apply(op, inputs, sample.args ?? [])[0], leaves, { gradient }));
  const timing = await timeCall(timer, call);
  free([...inputs, gradient]);
  return rowOf(`${op.name} and gradients${work.slice(op.name.length)}`, timing, { bytes: 2 * bytes });
}

function rowOf(work: string, timing: Timing, { flops, bytes }: { flops?: number; bytes: number }): BenchRow {
  const { wallMs, deviceMs, dispatches } = timing;
  const ms = deviceMs ?? wallMs;
  return {
    work,
    ms,
    clock: deviceMs === null ? "wall" : "device",
    wallMs,
    ...(flops !== undefined && { gflops: flops / ms / 1e6 }),
    ...(bytes > 0 && { gbs: bytes / ms / 1e6 }),
    dispatches,
    bytes,
  };
}

function free(tensors: readonly (Tensor | null)[]): void {
  for (const tensor of tensors) tensor?.dispose();
}

// Rows of single ops: a call alone, and a call with its derivative.
import { grad, noGrad, scope, type Tensor } from "../src/tensor/index.js";
import { apply } from "../src/tensor/run.js";
import type { BenchCase } from "./cases.js";
import { benchInput } from "./inputs.js";
import { type Peaks, shareOfPeak } from "./peaks.js";
import type { BenchRow } from "./row.js";
import { type Timer, timeCall } from "./timing.js";

/** Times one call of the case. Throws what the op throws. */
export async function opRow(
  timer: Timer,
  { op, sample, work, flops, bytes }: BenchCase,
  peaks: Peaks,
): Promise<BenchRow> {
  const inputs = sample.inputs.map((input) => input && benchInput(input, timer.device));
  const call = () => scope(() => void noGrad(() => apply(op, inputs, sample.args ?? [])));
  const { wallMs, deviceMs, dispatches } = await timeCall(timer, call);
  free(inputs);
  const ms = deviceMs ?? wallMs;
  const ofPeak = shareOfPeak({ ...(flops !== undefined && { flops }), bytes }, ms, peaks);
  return {
    work,
    ms,
    clock: deviceMs === null ? "wall" : "device",
    wallMs,
    ...(flops !== undefined && { gflops: flops / ms / 1e6 }),
    ...(bytes > 0 && { gbs: bytes / ms / 1e6 }),
    dispatches,
    bytes,
    ...(ofPeak !== undefined && { ofPeak }),
  };
}

/** Times the call and the gradients of all its inputs together. Bytes count a gradient in and one out for each input. */
export async function gradientRow(timer: Timer, { op, sample, work, bytes }: BenchCase): Promise<BenchRow> {
  const inputs = sample.inputs.map((input) => input && benchInput(input, timer.device));
  const leaves = inputs.filter((t): t is Tensor => t?.dtype === "f32").map((t) => t.setRequiresGrad(true));
  const [output] = noGrad(() => scope(() => apply(op, inputs, sample.args ?? [])));
  const call = () => scope(() => void grad(apply(op, inputs, sample.args ?? [])[0], leaves, { gradient: output }));
  const { wallMs, deviceMs, dispatches } = await timeCall(timer, call);
  free([...inputs, output]);
  const ms = deviceMs ?? wallMs;
  const clock = deviceMs === null ? "wall" : "device";
  return {
    work: `${work} and gradients`,
    ms,
    clock,
    wallMs,
    gbs: (2 * bytes) / ms / 1e6,
    dispatches,
    bytes: 2 * bytes,
  };
}

function free(tensors: readonly (Tensor | null)[]): void {
  for (const tensor of tensors) tensor?.dispose();
}

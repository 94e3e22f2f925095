// Checks of derivatives: an op's vjp on the device against differences of its float64 reference, and the same bits twice.
import { inputName } from "../../../src/tensor/autograd/backward.js";
import type { Device } from "../../../src/tensor/index.js";
import type { AnyOp, Sample } from "../../../src/tensor/op.js";
import type { Check } from "./check.js";
import { sameBits } from "./forward.js";
import { firstGradients, secondGradients } from "./gradients.js";
import { jacobianChecks } from "./jacobian.js";
import { type PerInput, Probe, STEP } from "./probe.js";
import { describeSample, hostInputs, isSmooth } from "./samples.js";
import { spreadChecks } from "./spread.js";

const DIRECTIONS = 3;

/** Checks of the vjp of `op` on its smooth samples, in random directions, and far and wide; of the vjp of the vjp; of the Jacobian. */
export function derivativeChecks(op: AnyOp): Check[] {
  if (!op.vjp) return [];
  const smooth = op.samples.flatMap((sample, i) => (isDifferentiable(op, sample, i) ? [new Probe(op, sample, i)] : []));
  const first = smooth.map((at) => ({
    title: `the derivative at ${describeSample(at.sample)}`,
    run: (device: Device) => firstFailures(at, device),
  }));
  const second = smooth.slice(0, 2).map((at) => ({
    title: `the derivative of the derivative at ${describeSample(at.sample)}`,
    run: (device: Device) => secondFailures(at, device),
  }));
  const alone = smooth
    .filter(({ floatCount }) => floatCount > 1)
    .map((at) => ({
      title: `the derivative by each input alone at ${describeSample(at.sample)}`,
      run: (device: Device) => aloneFailures(at, device),
    }));
  return [...first, ...slopeChecks(op), ...spreadChecks(op), ...jacobianChecks(op, smooth), ...second, ...alone];
}

/** Where an input's gradient depends on whether others are wanted: the vjp computes no more than is asked for. */
async function aloneFailures(at: Probe, device: Device): Promise<string[]> {
  const [together] = await firstGradients(at, [at.weights], device);
  const failures: string[] = [];
  for (const [i, want] of together.entries()) {
    if (!want) continue;
    const [{ [i]: got }] = await firstGradients(at, [at.weights], device, { only: i });
    if (!near(at, got, want)) {
      failures.push(`by ${inputName(at.op.inputs, i)} alone: ${got}, and ${want} with the others`);
    }
  }
  return failures;
}

const near = (at: Probe, got: Float32Array | null, want: Float32Array): boolean =>
  want.every((v, j) => Object.is(got?.[j], v) || Math.abs((got?.[j] ?? Number.NaN) - v) <= at.allowed(v, 8));

/** Checks of the vjp of `op` against the slopes that its samples give. */
function slopeChecks(op: AnyOp): Check[] {
  return op.samples.flatMap((sample, i) => {
    const { slopes } = sample;
    if (!slopes) return [];
    const title = `the slopes at ${describeSample(sample)}${sample.gradient ? ` from ${sample.gradient}` : ""}`;
    return [{ title, run: (device) => declaredFailures(new Probe(op, sample, i), slopes, device) }];
  });
}

async function declaredFailures(at: Probe, slopes: NonNullable<Sample["slopes"]>, device: Device): Promise<string[]> {
  const { gradient } = at.sample;
  const weights = gradient ? Float64Array.from(gradient) : at.result.map(() => 1);
  const [gradients] = await firstGradients(at, [weights], device);
  const fits = (got: number, want: number) =>
    got === want || Math.abs(got - want) <= at.allowed(want, 8) || (Number.isNaN(got) && Number.isNaN(want));
  return slopes.flatMap((want, i) => {
    const got = gradients[i];
    if (!want || (got?.length === want.length && want.every((slope, j) => fits(got[j], slope)))) return [];
    return [`by ${inputName(at.op.inputs, i)}: vjp gives ${got}, not ${want}`];
  });
}

/** Whether the first output is f32, made from f32 at no edge, and finite somewhere: integers have no derivative. */
function isDifferentiable(op: AnyOp, sample: Sample, i: number): boolean {
  if (!sample.inputs.every(isSmooth)) return false;
  const hosts = hostInputs(op, sample, i);
  const params = op.params?.(hosts, ...(sample.args ?? []));
  if (op.infer(hosts, params)[0].dtype !== "f32" || !hosts.some((host) => host?.dtype === "f32")) return false;
  const [result] = op.reference(hosts, params);
  return result.length === 0 || result.some(Number.isFinite);
}

/** First derivatives in random directions through all inputs that have a gradient. */
async function firstFailures(at: Probe, device: Device): Promise<string[]> {
  const [gradients, again] = await firstGradients(at, [at.weights, at.weights], device);
  const differ = gradients.some((g, i) => g && !sameBits(g, again[i] ?? new Float32Array()));
  const far = Array.from({ length: DIRECTIONS }, () => {
    const d = at.direction(gradients);
    const numeric = (at.lossAt([1, d]) - at.lossAt([-1, d])) / (2 * STEP);
    return slopeFailures(gradients, d, numeric, (g) => at.allowed(g, 8), at.rounding / (2 * STEP));
  });
  return [...(differ ? ["the gradients have other bits when computed again"] : []), ...far.flat()];
}

/** A second derivative along two random directions, by the vjp of the vjp. */
async function secondFailures(at: Probe, device: Device): Promise<string[]> {
  const [gradients] = await firstGradients(at, [at.weights], device);
  const first = at.direction(gradients);
  const [recorded] = await firstGradients(at, [at.weights], device, { createGraph: true });
  const other = gradients.findIndex((want, i) => want && !near(at, recorded[i], want));
  if (other >= 0)
    return [`by ${inputName(at.op.inputs, other)}: ${recorded[other]} when recorded, ${gradients[other]} when not`];
  const curvature = await secondGradients(at, first, device);
  const second = at.direction(curvature);
  const corner = (a: number, b: number) => at.lossAt([a, first], [b, second]);
  const numeric = (corner(1, 1) - corner(1, -1) - corner(-1, 1) + corner(-1, -1)) / (4 * STEP * STEP);
  return slopeFailures(curvature, second, numeric, (g) => at.allowed(g, 64), at.rounding / (4 * STEP * STEP));
}

/** How far the derivative along `direction` that `gradients` give may be from `numeric`, and whether it is further. */
function slopeFailures(
  gradients: PerInput<Float32Array>,
  direction: PerInput<Float64Array>,
  numeric: number,
  allowed: (gradient: number) => number,
  noise: number,
): string[] {
  const pairs = gradients.flatMap((g, i) =>
    [...(g ?? [])].map((v, j): [number, number] => [v, direction[i]?.[j] ?? 0]),
  );
  if (pairs.length === 0) return []; // there is nowhere to go
  const analytic = pairs.reduce((sum, [g, d]) => sum + g * d, 0);
  const limit = pairs.reduce((sum, [g, d]) => sum + Math.abs(d) * allowed(g), noise);
  if (Math.abs(analytic - numeric) <= limit) return [];
  return [`vjp gives ${analytic}, differences of the reference ${numeric}, ${limit} allowed`];
}

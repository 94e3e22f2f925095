// Checks of derivatives far and wide: at points spread over the domain of each op of single elements, both signs.
import { inputName } from "../../../src/tensor/autograd/backward.js";
import type { Device } from "../../../src/tensor/index.js";
import type { AnyOp, Sample, SampleInput } from "../../../src/tensor/op.js";
import type { Check } from "./check.js";
import { firstGradients } from "./gradients.js";
import { Probe, STEP } from "./probe.js";
import { describeSample, distinct, dtypeOf } from "./samples.js";

/** Powers of ten between which points lie: further out, squares and their reciprocals leave f32. */
const LEAST = -4;
const MOST = 4;
/** Points of each sign for a sole input, and for each of several, of which all tuples are tried. */
const ALONE = 64;
const AMONG = 20;
/** The differences' longer step, in STEPs; the shorter is half of it. */
const FAR = 8;
/** Factors on the way, of 10⁴ at most, meet what a driver may take for 0. */
const FLUSHED = 2 ** -126 * 10 ** MOST;
const SHOWN = 5;

/** A check of the vjp of `op` for each choice of dtypes and arguments that its samples make. */
export function spreadChecks(op: AnyOp): Check[] {
  const { vjp, domain } = op;
  if (!vjp || !domain) return [];
  return distinct(op.samples).flatMap((sample, index) => {
    const spread = spreadOf(op, domain, sample);
    const at = spread && new Probe(op, spread, index);
    if (at?.output.dtype !== "f32") return [];
    const title = `the derivative at ${describeSample(at.sample)}, from ±10^${LEAST} to ±10^${MOST}`;
    return [{ title, run: (device: Device) => spreadFailures(at, device) }];
  });
}

/** All tuples of points, each as an element of vectors; null for integers. */
function spreadOf(op: AnyOp, domain: NonNullable<AnyOp["domain"]>, { inputs, args }: Sample): Sample | null {
  const dtypes = inputs.map(dtypeOf);
  const floats = dtypes.filter((dtype) => dtype === "f32").length;
  if (floats === 0 || dtypes.some((dtype) => dtype !== "f32" && dtype !== "bool")) return null;
  const values = dtypes.map((dtype, k) => {
    if (dtype === "bool") return [0, 1];
    const [lo, hi] = domain[op.inputs[k]];
    return points(floats === 1 ? ALONE : AMONG, k).filter((x) => x >= lo && x <= hi);
  });
  const size = values.reduce((n, list) => n * list.length, 1);
  let stride = size;
  const spread = values.map((list, k): SampleInput => {
    stride /= list.length;
    const each = stride;
    const column = Array.from({ length: size }, (_, i) => list[Math.floor(i / each) % list.length]);
    return { shape: [size], dtype: dtypes[k] ?? "f32", values: column };
  });
  return { inputs: spread, ...(args && { args }) };
}

/** `count` points of each sign, even in the logarithm; by no round step, and not the same for two inputs: kinks and ties are elsewhere. */
function points(count: number, k: number): number[] {
  const exponents = Array.from({ length: count }, (_, i) => LEAST + ((MOST - LEAST) * (i + 0.37 + 0.29 * k)) / count);
  return exponents.flatMap((e) => [10 ** e, -(10 ** e)]);
}

/** Where the gradients of Σ y, in which each element stands alone, are not those of the reference. */
async function spreadFailures(at: Probe, device: Device): Promise<string[]> {
  const [gradients] = await firstGradients(at, [at.result.map((y) => Number(isOrdinary(y)))], device);
  const failures: string[] = [];
  for (const [k, host] of at.hosts.entries()) {
    const got = gradients[k];
    if (!host || !got) continue;
    const { slope, noise } = differences(at, k);
    if (!slope.some(isOrdinary)) failures.push(`by ${inputName(at.op.inputs, k)}: the reference has no slope anywhere`);
    for (const [i, want] of slope.entries()) {
      const allowed = at.allowed(want, 8) + resolution(at, i) + noise[i] + FLUSHED;
      if (!isOrdinary(want) || Math.abs(got[i] - want) <= allowed) continue;
      const where = at.op.inputs.map((name, j) => `${name} = ${at.hosts[j]?.data[i]}`).join(", ");
      failures.push(`by ${inputName(at.op.inputs, k)} at ${where}: vjp gives ${got[i]}, differences ${want}`);
    }
  }
  return failures.length <= SHOWN ? failures : [...failures.slice(0, SHOWN), `and ${failures.length - SHOWN} more`];
}

/** Whether x, and products of a few like it, can be told in f32. */
const isOrdinary = (x: number) => Math.abs(x) < 1e30; // false for NaN

/**
 * What a derivative told from the result cannot tell: 1 − y² and y − y² cancel where y is near ±1, and y itself is known
 * to 2⁻²⁴ there. So far out the slopes of such functions are 0 to within 2⁻²⁴, and no better.
 */
function resolution({ op, result }: Probe, i: number): number {
  const fromResult = op.saves?.some((name) => (op.outputs ?? ["y"]).includes(name));
  const y = Math.abs(result[i]);
  return fromResult && y >= 0.5 && y <= 1 ? 2 ** -24 : 0;
}

/**
 * The slope of each element by its element of input `k`, from central differences with two steps, and by how much they
 * leave it open. NaN where there is none: the result is beyond f32, or the slopes to the left and to the right differ.
 */
function differences(at: Probe, k: number): { slope: Float64Array; noise: Float64Array } {
  const along = at.hosts.map((host, j) => (j === k && host ? host.data.map((x) => Math.min(1, Math.abs(x))) : null));
  const [down, downHalf, upHalf, up] = [-FAR, -FAR / 2, FAR / 2, FAR].map((by) => at.at([by, along]));
  const noise = new Float64Array(at.result.length);
  const slope = at.result.map((y, i) => {
    const h = FAR * STEP * (along[k]?.[i] ?? Number.NaN);
    const [left, right] = [(y - down[i]) / h, (up[i] - y) / h];
    if (!isOrdinary(y) || Math.abs(right - left) > 0.1 * (Math.abs(left) + Math.abs(right))) return Number.NaN;
    const [wide, narrow] = [(up[i] - down[i]) / (2 * h), (upHalf[i] - downHalf[i]) / h];
    noise[i] = Math.abs(narrow - wide) + (16 * Number.EPSILON * Math.abs(y)) / h;
    return narrow + (narrow - wide) / 3; // Richardson: without the term in h²
  });
  return { slope, noise };
}

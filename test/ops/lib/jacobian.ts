// Checks of whole Jacobians: on one tiny sample of an op, each element's vjp against differences for each input element.
import { inputName } from "../../../src/tensor/autograd/backward.js";
import type { Device } from "../../../src/tensor/index.js";
import type { AnyOp, SampleInput } from "../../../src/tensor/op.js";
import { formatShape } from "../../../src/tensor/shape.js";
import type { Check } from "./check.js";
import { coordinates } from "./compare.js";
import { firstGradients } from "./gradients.js";
import { Probe, STEP } from "./probe.js";
import { describeSample } from "./samples.js";

/** Elements of a Jacobian at most: about forty results of forty values. */
const MOST = 1600;
/** Inputs at most: a mean of values near 10⁴ is itself off by more than an element of a gradient may be. */
const LARGEST = 100;
const SIDES = [2, 3, 4, 6];
const SHOWN = 5;

/** A check on the largest of `smooth` that is tiny, or of what is left of them when cut to a few elements a side. */
export function jacobianChecks(op: AnyOp, smooth: readonly Probe[]): Check[] {
  const moderate = smooth.filter(({ hosts }) =>
    hosts.every((host) => host?.data.every((x) => Math.abs(x) <= LARGEST) ?? true),
  );
  const tiny = [...moderate, ...moderate.flatMap((at) => cut(op, at))].filter(isTiny);
  const at = tiny.sort((a, b) => sizeAt(a) - sizeAt(b)).at(-1);
  if (!at) return [];
  return [{ title: `the Jacobian at ${describeSample(at.sample)}`, run: (device) => jacobianFailures(at, device) }];
}

const isTiny = (at: Probe) => at.hosts.every((host) => host?.data.length !== 0) && sizeAt(at) > 0 && sizeAt(at) <= MOST;

const sizeAt = (at: Probe) => at.result.length * at.floatInputs;

/** `at` with no side longer than 2, 3, …; without those that its op refuses. */
function cut(op: AnyOp, at: Probe): Probe[] {
  return SIDES.flatMap((side) => {
    const inputs = at.sample.inputs.map((input) => cutInput(input, side));
    try {
      const probe = new Probe(op, { ...at.sample, inputs }, 0);
      return probe.result.every(Number.isFinite) ? [probe] : [];
    } catch {
      return []; // its arguments, or given values, want the shapes that they came with
    }
  });
}

function cutInput(input: SampleInput, side: number): SampleInput {
  if (input === null) return null;
  if ("shape" in input) return { ...input, shape: input.shape.map((n) => Math.min(n, side)) };
  return input.map((n) => Math.min(n, side));
}

async function jacobianFailures(at: Probe, device: Device): Promise<string[]> {
  const rows = Array.from(at.result, (_, i) => at.result.map((_, j) => Number(i === j)));
  const jacobian = await firstGradients(at, rows, device);
  const noise = at.rounding / (2 * STEP);
  const failures: string[] = [];
  for (const [k, host] of at.hosts.entries()) {
    if (!host || !jacobian[0][k]) continue;
    for (let j = 0; j < host.data.length; j++) {
      const along = at.hosts.map((_, other) => (other === k ? host.data.map((_, m) => Number(m === j)) : null));
      const [up, down] = [at.at([1, along]), at.at([-1, along])];
      for (let i = 0; i < rows.length; i++) {
        if (!Number.isFinite(at.result[i])) continue; // by design: there is no derivative
        const got = jacobian[i][k]?.[j] ?? Number.NaN;
        const want = (up[i] - down[i]) / (2 * STEP);
        if (Math.abs(got - want) <= at.allowed(got, 8) + noise) continue;
        const where = `y${formatShape(coordinates(i, at.output.shape))} by ${inputName(at.op.inputs, k)}`;
        failures.push(`∂ ${where}${formatShape(coordinates(j, host.shape))}: vjp gives ${got}, differences ${want}`);
      }
    }
  }
  return failures.length <= SHOWN ? failures : [...failures.slice(0, SHOWN), `and ${failures.length - SHOWN} more`];
}

// One program against the references, and many: what the unit test and `npm run fuzz` share.
import fc from "fast-check";
import type { Device } from "../../../src/tensor/index.js";
import { run } from "./device.js";
import { slopeOf, weightsOf } from "./gradients.js";
import { code } from "./print.js";
import { build, drafts, lastOf, type Program } from "./program.js";
import { type Wrong, wrongValue } from "./values.js";

/** What a number of programs held. */
export interface Tally {
  programs: number;
  steps: number;
  /** Programs whose gradient was compared, and those of them where it was to be more exact than 1 %. */
  gradients: number;
  sharp: number;
  /** Programs at a kink. */
  kinks: number;
  /** Steps by op. */
  readonly ops: Map<string, number>;
}

export interface Failure {
  readonly seed: number;
  readonly path: string;
  /** The shrunk program, as code, and what is wrong with it. */
  readonly report: string;
}

/** Runs `runs` programs from `seed`; the first that fails is shrunk and returned. */
export async function fuzz(
  device: Device,
  options: { readonly runs: number; readonly seed: number; readonly path?: string },
): Promise<{ readonly tally: Tally; readonly failure: Failure | null }> {
  const tally: Tally = { programs: 0, steps: 0, gradients: 0, sharp: 0, kinks: 0, ops: new Map() };
  const property = fc.asyncProperty(drafts, async (draft) => {
    const program = build(draft);
    const wrong = await check(program, device, tally);
    if (wrong) throw new Error(`${code(program, wrong.value)}\n\n${wrong.report}`);
  });
  const { runs: numRuns, seed, path = "" } = options;
  const { failed, errorInstance, counterexamplePath } = await fc.check(property, { numRuns, seed, path });
  const report = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  return { tally, failure: failed ? { seed, path: counterexamplePath ?? "", report } : null };
}

/** What is wrong with `program` on the device. */
async function check(program: Program, device: Device, tally: Tally): Promise<Wrong | null> {
  const weights = weightsOf(program);
  const result = await run(program, weights, device);
  tally.programs++;
  tally.steps += program.steps.length;
  for (const { op } of program.steps) tally.ops.set(op.name, (tally.ops.get(op.name) ?? 0) + 1);
  const wrong = wrongValue(program, result);
  if (wrong || !weights || !result.gradients) return wrong;
  const slope = slopeOf(program, weights, result);
  if (!slope) {
    tally.kinks++;
    return null;
  }
  const { analytic, numeric, allowed } = slope;
  tally.gradients++;
  if (allowed <= 0.01 * Math.max(Math.abs(analytic), Math.abs(numeric))) tally.sharp++;
  if (Math.abs(analytic - numeric) <= allowed) return null;
  const value = lastOf(program);
  const report = `the derivative of ${program.values[value].name} along a random direction: got ${analytic}, want ${numeric}, ${allowed} allowed`;
  return { value, report };
}

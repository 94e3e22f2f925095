// All that the generated tests check of one op, as a plain function: for the tests, and for whoever breaks ops on purpose.
import type { Device } from "../../../src/tensor/index.js";
import type { AnyOp } from "../../../src/tensor/op.js";
import type { Check } from "./check.js";
import { derivativeChecks } from "./derivative.js";
import { edgeChecks } from "./edges.js";
import { forwardChecks } from "./forward.js";
import { refusalChecks } from "./refusal.js";
import { shapeChecks } from "./shapes.js";

/** The checks of an op, the cheap ones first. */
const KINDS = [shapeChecks, refusalChecks, forwardChecks, derivativeChecks, edgeChecks];

/**
 * What is wrong with `op`, which need not be registered; what it throws counts as a failure. Stops once `enough` is found.
 * A kernel that does not compile spoils the device: open another for the next op.
 */
export async function opFailures(op: AnyOp, device: Device, enough = Number.POSITIVE_INFINITY): Promise<string[]> {
  const failures: string[] = [];
  const gather = async (title: string, find: () => readonly string[] | Promise<readonly string[]>) => {
    try {
      for (const failure of await find()) failures.push(`${op.name}, ${title}: ${failure}`);
    } catch (error) {
      failures.push(`${op.name}, ${title}: ${error}`);
    }
  };
  for (const checksOf of KINDS) {
    const checks: Check[] = [];
    await gather(checksOf.name, () => {
      checks.push(...checksOf(op));
      return [];
    });
    for (const { title, run } of checks) if (failures.length < enough) await gather(title, () => run(device));
  }
  return failures.slice(0, enough);
}

// All that the generated tests check of one op, as a plain function: for the tests, and for whoever breaks ops on purpose.
import type { Device } from "../../../src/tensor/index.js";
import type { AnyOp } from "../../../src/tensor/op.js";
import type { Check } from "./check.js";
import { derivativeChecks } from "./derivative.js";
import { forwardChecks } from "./forward.js";
import { refusalChecks } from "./refusal.js";
import { shapeChecks } from "./shapes.js";

/** Every check of `op`, the cheap ones first. */
function checksOf(op: AnyOp): Check[] {
  return [...shapeChecks(op), ...refusalChecks(op), ...forwardChecks(op), ...derivativeChecks(op)];
}

/**
 * What is wrong with `op`, which need not be registered; what it throws counts as a failure. Stops once `enough` is found.
 * Throws DeviceError and the like only where the device itself has failed.
 */
export async function opFailures(op: AnyOp, device: Device, enough = Number.POSITIVE_INFINITY): Promise<string[]> {
  const failures: string[] = [];
  for (const { title, run } of checksOf(op)) {
    if (failures.length >= enough) break;
    try {
      for (const failure of await run(device)) failures.push(`${op.name}, ${title}: ${failure}`);
    } catch (error) {
      failures.push(`${op.name}, ${title}: ${error}`);
    }
  }
  return failures;
}

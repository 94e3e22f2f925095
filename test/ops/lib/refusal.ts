// Checks of refusals: each error that an op declares is thrown, typed, named and with help.
import { ZeroSiamError } from "../../../src/tensor/errors.js";
import type { AnyOp, ErrorSample } from "../../../src/tensor/op.js";
import type { Check } from "./check.js";
import { describeSample, hostInputs } from "./samples.js";
import { snapshotsOf } from "./snapshots.js";

/** A check of each refusal of `op`. */
export function refusalChecks(op: AnyOp): Check[] {
  return (op.errors ?? []).map((sample) => ({
    title: `refuses ${describeSample(sample)}`,
    run: () => [...refusalFailures(op, sample), ...snapshotFailures(op, sample)],
  }));
}

/** What `op` throws for `sample`, or null. */
export function thrownBy(op: AnyOp, sample: ErrorSample): Error | null {
  const hosts = hostInputs(op, sample, 0);
  try {
    op.infer(hosts, op.params?.(hosts, ...(sample.args ?? [])));
    return null;
  } catch (error) {
    return error as Error;
  }
}

/** What is wrong with how `op` refuses `sample`. */
export function refusalFailures(op: AnyOp, sample: ErrorSample): string[] {
  const error = thrownBy(op, sample);
  if (!(error instanceof ZeroSiamError)) return [`${error} instead of a ${sample.throws}`];
  const failures: string[] = [];
  if (error.name !== sample.throws) failures.push(`a ${error.name} instead of a ${sample.throws}: ${error.message}`);
  if (!error.message.startsWith(`${op.name}: `))
    failures.push(`the message does not start with the op: ${error.message}`);
  if (error.help === "") failures.push(`no help: ${error.message}`);
  return failures;
}

/** Where the message is not the one that errors.test.ts wrote down: it may be another refusal's. */
function snapshotFailures(op: AnyOp, sample: ErrorSample): string[] {
  const got = thrownBy(op, sample)?.message;
  const want = snapshotsOf("errors.test.ts").get(`${op.name} refuses > ${describeSample(sample)}`);
  return got === want ? [] : [`the message is ${got}, and ${want} in the snapshot`];
}

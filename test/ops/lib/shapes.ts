// Checks of shape rules: the outputs and parameters of each sample, as written down in a snapshot, and as long as the reference's.
import type { AnyOp, Sample } from "../../../src/tensor/op.js";
import { formatShape, sizeOf } from "../../../src/tensor/shape.js";
import type { Check } from "./check.js";
import { describeSample, hostInputs, printable } from "./samples.js";
import { snapshotsOf } from "./snapshots.js";

/** A check of each sample of `op`. */
export function shapeChecks(op: AnyOp): Check[] {
  return op.samples.map((sample, i) => ({
    title: `the shapes of ${describeSample(sample)}`,
    run: () => [...snapshotFailures(op, sample, i), ...lengthFailures(op, sample, i)],
  }));
}

/** `f32[2, 65], i32[2] by {"dim":1}`: what the shape rule of `op` gives for sample `index`, and the parameters of the call. */
export function outputShapes(op: AnyOp, sample: Sample, index: number): string {
  const { outputs, params } = inferred(op, sample, index);
  const shapes = outputs.map(({ dtype, shape }) => `${dtype}${formatShape(shape)}`).join(", ");
  return params === undefined ? shapes : `${shapes} by ${JSON.stringify(params, printable)}`;
}

/** Where the reference of `op` has another number of elements than the shape rule. */
export function lengthFailures(op: AnyOp, sample: Sample, index: number): string[] {
  const { hosts, params, outputs } = inferred(op, sample, index);
  const sizes = outputs.map(({ shape }) => sizeOf(shape)).join(", ");
  const lengths = op.reference(hosts, params).map(({ length }) => length);
  return sizes === lengths.join(", ") ? [] : [`${sizes} elements, and ${lengths.join(", ")} of the reference`];
}

/**
 * Where the shape rule of `op` departs from the snapshot: a wrong order of dimensions has the right length, and a wrong
 * parameter misleads the reference too.
 */
function snapshotFailures(op: AnyOp, sample: Sample, index: number): string[] {
  const got = outputShapes(op, sample, index);
  const want = snapshotsOf("shapes.test.ts").get(`${op.name} > ${describeSample(sample)}`) ?? "nothing";
  return got === want ? [] : [`${got}, and ${want} in the snapshot of shapes`];
}

function inferred(op: AnyOp, sample: Sample, index: number) {
  const hosts = hostInputs(op, sample, index);
  const params = op.params?.(hosts, ...(sample.args ?? []));
  return { hosts, params, outputs: op.infer(hosts, params) };
}

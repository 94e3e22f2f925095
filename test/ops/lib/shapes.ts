// Checks of shape rules: the outputs of each sample, as written down in a snapshot, and as long as the reference's.
import { readFileSync } from "node:fs";
import type { AnyOp, Sample } from "../../../src/tensor/op.js";
import { formatShape, sizeOf } from "../../../src/tensor/shape.js";
import type { Check } from "./check.js";
import { describeSample, hostInputs } from "./samples.js";

/** What shapes.test.ts wrote down of `outputShapes`, for people to read; from the root of the clone, where tests start. */
const SNAPSHOT = "test/ops/__snapshots__/shapes.test.ts.snap";
let written: ReadonlyMap<string, string> | undefined;

/** A check of each sample of `op`. */
export function shapeChecks(op: AnyOp): Check[] {
  return op.samples.map((sample, i) => ({
    title: `the shapes of ${describeSample(sample)}`,
    run: () => [...snapshotFailures(op, sample, i), ...lengthFailures(op, sample, i)],
  }));
}

/** `f32[2, 65], i32[2]`: what the shape rule of `op` gives for sample `index`. */
export function outputShapes(op: AnyOp, sample: Sample, index: number): string {
  return inferred(op, sample, index)
    .outputs.map(({ dtype, shape }) => `${dtype}${formatShape(shape)}`)
    .join(", ");
}

/** Where the reference of `op` has another number of elements than the shape rule. */
export function lengthFailures(op: AnyOp, sample: Sample, index: number): string[] {
  const { hosts, params, outputs } = inferred(op, sample, index);
  const sizes = outputs.map(({ shape }) => sizeOf(shape)).join(", ");
  const lengths = op.reference(hosts, params).map(({ length }) => length);
  return sizes === lengths.join(", ") ? [] : [`${sizes} elements, and ${lengths.join(", ")} of the reference`];
}

/** Where the shape rule of `op` departs from the snapshot: a wrong order of dimensions has the right length. */
function snapshotFailures(op: AnyOp, sample: Sample, index: number): string[] {
  written ??= readSnapshot();
  const got = outputShapes(op, sample, index);
  const want = written.get(`${op.name} > ${describeSample(sample)}`) ?? "nothing";
  return got === want ? [] : [`${got}, and ${want} in the snapshot of shapes`];
}

/** Strings by the titles of their tests, as vitest stores them: exports[`title 1`] = `"string"`; */
function readSnapshot(): Map<string, string> {
  const entries = readFileSync(SNAPSHOT, "utf8").matchAll(/^exports\[`(.*) \d+`\] = `"(.*)"`;$/gm);
  return new Map(Array.from(entries, ([, title, text]) => [title, text]));
}

function inferred(op: AnyOp, sample: Sample, index: number) {
  const hosts = hostInputs(op, sample, index);
  const params = op.params?.(hosts, ...(sample.args ?? []));
  return { hosts, params, outputs: op.infer(hosts, params) };
}

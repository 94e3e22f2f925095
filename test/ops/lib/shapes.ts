// Checks of shape rules: the outputs of each sample, as written down in shapes.json, and as long as the reference's.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { AnyOp, Sample } from "../../../src/tensor/op.js";
import { formatShape, sizeOf } from "../../../src/tensor/shape.js";
import type { Check } from "./check.js";
import { describeSample, hostInputs } from "./samples.js";

/** What `outputShapes` gives, by op and sample: written by the test of shapes with `--update`, and read by people. */
export const SHAPES_FILE = fileURLToPath(new URL("../__snapshots__/shapes.json", import.meta.url));

type ShapeTable = Readonly<Record<string, Readonly<Record<string, string>>>>;
let table: ShapeTable | undefined;

/** A check of each sample of `op`. */
export function shapeChecks(op: AnyOp): Check[] {
  return op.samples.map((sample, i) => ({
    title: `the shapes of ${describeSample(sample)}`,
    run: () => [...tableFailures(op, sample, i), ...lengthFailures(op, sample, i)],
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

/** Where the shape rule of `op` departs from the table: a wrong order of dimensions has the right length. */
function tableFailures(op: AnyOp, sample: Sample, index: number): string[] {
  table ??= JSON.parse(readFileSync(SHAPES_FILE, "utf8")) as ShapeTable;
  const got = outputShapes(op, sample, index);
  const want = table[op.name]?.[describeSample(sample)] ?? "nothing";
  return got === want ? [] : [`${got}, and ${want} in shapes.json`];
}

function inferred(op: AnyOp, sample: Sample, index: number) {
  const hosts = hostInputs(op, sample, index);
  const params = op.params?.(hosts, ...(sample.args ?? []));
  return { hosts, params, outputs: op.infer(hosts, params) };
}

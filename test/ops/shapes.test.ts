// Every op's shape rule: the outputs of all samples, kept as a snapshot to be read, and as long as the reference makes them.
import { describe, expect, it } from "vitest";
import { OPS } from "../../src/kernels/index.js";
import { describeSample } from "./lib/samples.js";
import { lengthFailures, outputShapes } from "./lib/shapes.js";

describe.each(OPS.map((op) => [op.name, op] as const))("%s", (_, op) => {
  it.each(op.samples.map((sample, i) => [describeSample(sample), sample, i] as const))("%s", (_title, sample, i) => {
    expect(lengthFailures(op, sample, i)).toEqual([]);
    expect(outputShapes(op, sample, i)).toMatchSnapshot();
  });
});

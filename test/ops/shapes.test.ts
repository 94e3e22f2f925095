// Every op's shape rule: the outputs of all samples, written down to be read, and as long as the reference makes them.
import { describe, expect, it, test } from "vitest";
import { OPS } from "../../src/kernels/index.js";
import { describeSample } from "./lib/samples.js";
import { lengthFailures, outputShapes, SHAPES_FILE } from "./lib/shapes.js";

test("the outputs of every sample are those written down", async () => {
  const table = OPS.map((op) => [
    op.name,
    Object.fromEntries(op.samples.map((sample, i) => [describeSample(sample), outputShapes(op, sample, i)])),
  ]);
  await expect(`${JSON.stringify(Object.fromEntries(table), null, 2)}\n`).toMatchFileSnapshot(SHAPES_FILE);
});

describe.each(OPS.map((op) => [op.name, op] as const))("%s", (_, op) => {
  it.each(op.samples.map((sample, i) => [describeSample(sample), sample, i] as const))("%s", (_title, sample, i) => {
    expect(lengthFailures(op, sample, i)).toEqual([]);
  });
});

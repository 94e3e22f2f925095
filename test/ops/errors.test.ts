// Every refusal that an op declares: its class, and its message kept as a snapshot to be read.
import { describe, expect, it } from "vitest";
import { OPS } from "../../src/kernels/index.js";
import { refusalFailures, thrownBy } from "./lib/refusal.js";
import { describeSample } from "./lib/samples.js";

const refusing = OPS.filter((op) => op.errors?.length).map((op) => [op.name, op] as const);

describe.each(refusing)("%s refuses", (_, op) => {
  it.each((op.errors ?? []).map((sample) => [describeSample(sample), sample] as const))("%s", (_title, sample) => {
    expect(refusalFailures(op, sample)).toEqual([]);
    expect(thrownBy(op, sample)?.message).toMatchSnapshot();
  });
});

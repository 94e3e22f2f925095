// Every refusal that an op declares: its class, and its message kept as a snapshot to be read.
import { describe, expect, it } from "vitest";
import { OPS } from "../../src/kernels/index.js";
import { ZeroSiamError } from "../../src/tensor/errors.js";
import type { AnyOp, ErrorSample } from "../../src/tensor/op.js";
import { describeSample, hostInputs } from "./lib/samples.js";

const refusing = OPS.filter((op) => op.errors?.length).map((op) => [op.name, op] as const);

describe.each(refusing)("%s refuses", (_, op) => {
  it.each((op.errors ?? []).map((sample) => [describeSample(sample), sample] as const))("%s", (_title, sample) => {
    const error = thrownBy(op, sample);
    expect(error).toBeInstanceOf(ZeroSiamError);
    expect(error?.name).toBe(sample.throws);
    expect(error?.message).toContain("help: ");
    expect(error?.message).toMatchSnapshot();
  });
});

function thrownBy(op: AnyOp, sample: ErrorSample): Error | null {
  const hosts = hostInputs(op, sample, 0);
  try {
    op.infer(hosts, op.params?.(hosts, ...(sample.args ?? [])));
    return null;
  } catch (error) {
    return error as Error;
  }
}

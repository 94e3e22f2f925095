// Every differentiable op on every smooth sample: its vjp against differences of its float64 reference.
import { beforeAll, describe, expect, it } from "vitest";
import { OPS } from "../../src/kernels/index.js";
import { type Device, openDevice } from "../../src/tensor/index.js";
import type { AnyOp, Sample } from "../../src/tensor/op.js";
import { curvature, type Slope, slopes } from "./lib/derivative.js";
import { describeSample, hostInputs, isSmooth } from "./lib/samples.js";

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});

const cases = OPS.filter((op) => op.vjp).map((op) => [op.name, op] as const);

describe.each(cases)("the derivative of %s", (_, op) => {
  const samples = op.samples.map((sample, i) => [describeSample(sample), sample, i] as const);
  const smooth = samples.filter(([, sample, i]) => sample.inputs.every(isSmooth) && isFloat(op, sample, i));

  it.each(smooth)("at %s", async (_title, sample, i) => {
    for (const slope of await slopes(op, sample, i, device)) check(slope);
  });

  it.each(smooth.slice(0, 2))("and its own at %s", async (_title, sample, i) => {
    const slope = await curvature(op, sample, i, device);
    if (slope) check(slope);
  });
});

function check({ analytic, numeric, allowed }: Slope): void {
  const report = `vjp gives ${analytic}, differences of the reference ${numeric}, ${allowed} allowed`;
  expect(Math.abs(analytic - numeric), report).toBeLessThanOrEqual(allowed);
}

/** Whether the first output is f32, and made from f32: integers have no derivative. */
function isFloat(op: AnyOp, sample: Sample, i: number): boolean {
  const hosts = hostInputs(op, sample, i);
  const [output] = op.infer(hosts, op.params?.(hosts, ...(sample.args ?? [])));
  return output.dtype === "f32" && hosts.some((host) => host?.dtype === "f32");
}

// Tensors without elements: every op on its samples with each size in turn made 0, as far as its shape rule takes that.
import { beforeAll, describe, expect, it } from "vitest";
import { OPS } from "../../src/kernels/index.js";
import { type Device, grad, openDevice, scope } from "../../src/tensor/index.js";
import type { AnyOp, HostTensor } from "../../src/tensor/op.js";
import { apply } from "../../src/tensor/run.js";
import { sizeOf } from "../../src/tensor/shape.js";
import { fill } from "../fuzz/lib/fill.js";
import { mismatch } from "./lib/compare.js";
import { upload } from "./lib/samples.js";
import { type Call, scaledCalls } from "./lib/scaled.js";

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});

const cases = OPS.map((op) => [op.name, op, emptyCalls(op)] as const);

it("most ops take tensors without elements", () => {
  expect(cases.filter(([, , calls]) => calls.length > 0).length).toBeGreaterThan(0.8 * OPS.length);
});

describe.each(cases.filter(([, , calls]) => calls.length > 0))("%s of nothing", (_, op, calls) => {
  it("is what the reference says, and has a gradient", async () => {
    for (const call of calls) expect(await wrong(op, call)).toBe("");
  });
});

/** Distinct calls with an empty input. */
function emptyCalls(op: AnyOp): Call[] {
  const calls = [...scaledCalls(op, 0)].filter(({ inputs }) => inputs.some((t) => t && sizeOf(t.shape) === 0));
  return [...new Map(calls.map((call) => [JSON.stringify([call.inputs, call.args]), call])).values()];
}

/** What is wrong with the results of `call`, or with the gradients that nothing flows into: they are 0. */
async function wrong(op: AnyOp, { inputs, args, params, outputs }: Call): Promise<string> {
  const hosts = inputs.map(
    (t, seed): HostTensor | null =>
      t && { ...t, data: fill({ ...t, seed, ...(t.dtype !== "f32" && { range: [0, 1] }) }) },
  );
  const want = op.reference(hosts, params);
  const { results, gradients } = scope(() => {
    const given = hosts.map((host) => host && upload(host, device));
    const leaves = given
      .filter((t) => t?.dtype === "f32")
      .map((t) => (t as NonNullable<typeof t>).setRequiresGrad(true));
    const results = apply(op, given, args);
    const [y] = results;
    return { results, gradients: op.vjp && y.node ? grad(y, leaves, { gradient: y.detach() }) : [] };
  });
  const about = JSON.stringify([inputs.map((t) => t?.shape), args]);
  for (const [k, info] of outputs.entries()) {
    const differences = mismatch(await results[k].data(), want[k], info, op.tolerance(hosts, params));
    if (differences) return `${about}: ${differences}`;
  }
  for (const gradient of sizeOf(outputs[0].shape) === 0 ? gradients : []) {
    if (!(await gradient.data()).every((v) => v === 0))
      return `${about}: a gradient of nothing is ${await gradient.data()}`;
  }
  for (const t of [...results, ...gradients]) t.dispose();
  return "";
}

// Kernels that an op keeps for other adapters, run on this one: they need no GPU to be right.
import { afterAll, beforeAll, expect, it } from "vitest";
import { OPS } from "../../src/kernels/index.js";
import { type Caps, DEFAULT_CAPS } from "../../src/tensor/device/caps.js";
import { Device } from "../../src/tensor/device/device.js";
import type { AnyOp, HostTensor, Inputs, Plan, TensorInfo } from "../../src/tensor/op.js";
import { sizeOf } from "../../src/tensor/shape.js";
import { mismatch } from "./lib/compare.js";
import { launch } from "./lib/launch.js";
import { describeSample, hostInputs } from "./lib/samples.js";

// Subgroups that this adapter lacks cannot be tried; those of its own size can, under the rules for a GPU.
const KINDS: Record<string, (own: Caps) => Caps> = {
  "a GPU without subgroups": () => DEFAULT_CAPS,
  "a GPU with this adapter's subgroups": ({ subgroupSize }) => ({ ...DEFAULT_CAPS, subgroupSize }),
  "a software adapter without subgroups": () => ({ ...DEFAULT_CAPS, kind: "software" }),
};

let device: Device;
beforeAll(async () => {
  device = await Device.open();
});
afterAll(() => {
  device.destroy();
  expect(tried.size).toBeGreaterThan(0);
});

/** Texts of kernels, after the number of their sample. */
const tried = new Set<string>();

it.each(Object.entries(KINDS))(
  "the kernels for %s give the references' results",
  async (_, capsOn) => {
    const caps = capsOn(device.caps);
    const failures: string[] = [];
    for (const op of OPS) {
      for (const [i, sample] of op.samples.entries()) {
        const hosts = hostInputs(op, sample, i);
        const params = op.params?.(hosts, ...(sample.args ?? []));
        const outputs = op.infer(hosts, params);
        const plan = planOf(op, hosts, params, outputs, caps);
        const own = planOf(op, hosts, params, outputs, device.caps); // forward.test.ts tries it
        if (!plan || textOf(plan) === textOf(own) || tried.has(`${i} ${textOf(plan)}`)) continue;
        tried.add(`${i} ${textOf(plan)}`);
        const got = await launch(plan, hosts, outputs, device);
        const want = op.reference(hosts, params);
        for (const [k, info] of outputs.entries()) {
          const differences = mismatch(got[k], want[k], info, op.tolerance(hosts, params));
          if (differences) failures.push(`${op.name} of ${describeSample(sample)}: ${differences}`);
        }
      }
    }
    expect(failures).toEqual([]);
  },
  300_000,
);

function planOf(op: AnyOp, hosts: Inputs<HostTensor>, params: unknown, outputs: readonly TensorInfo[], caps: Caps) {
  const empty = outputs.every(({ shape }) => sizeOf(shape) === 0);
  return empty ? undefined : op.kernels?.({ inputs: hosts, outputs, params, caps });
}

const textOf = (plan: Plan | undefined) => plan?.dispatches.map(({ source }) => source.code).join("\n");

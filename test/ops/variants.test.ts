// Kernels that an op keeps for other adapters, run on this one: they need no GPU to be right.
import { afterAll, beforeAll, expect, it } from "vitest";
import { OPS } from "../../src/kernels/index.js";
import { type Caps, DEFAULT_CAPS } from "../../src/tensor/device/caps.js";
import { Device } from "../../src/tensor/device/device.js";
import type { PooledBuffer } from "../../src/tensor/device/pool.js";
import { BYTES, typedView } from "../../src/tensor/dtype.js";
import type { AnyOp, HostTensor, Inputs, Plan, TensorInfo } from "../../src/tensor/op.js";
import { sizeOf } from "../../src/tensor/shape.js";
import { mismatch } from "./lib/compare.js";
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
        const got = await launch(op, plan, hosts, outputs);
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

/** Runs `plan` and returns the outputs' elements. */
async function launch(op: AnyOp, plan: Plan, hosts: Inputs<HostTensor>, outputs: readonly TensorInfo[]) {
  const acquire = (elements: number) => device.acquire(BYTES * Math.max(1, elements), op.name);
  const buffers = {
    input: hosts.map((host) => host && acquire(host.data.length)),
    output: outputs.map(({ shape }) => acquire(sizeOf(shape))),
    scratch: (plan.scratch ?? []).map((bytes) => acquire(bytes / BYTES)),
  };
  for (const [i, host] of hosts.entries()) if (host) device.write(buffers.input[i] as PooledBuffer, stored(host));
  for (const { source, operands, uniforms, groups } of plan.dispatches) {
    const bound = operands.map(({ role, index }) => buffers[role][index] as PooledBuffer);
    device.dispatch(device.compile(source), bound, uniforms, groups);
  }
  const results = outputs.map(async ({ shape, dtype }, k) =>
    typedView(
      dtype,
      sizeOf(shape) === 0 ? new ArrayBuffer(0) : await device.read(buffers.output[k], BYTES * sizeOf(shape)),
    ),
  );
  const elements = await Promise.all(results);
  for (const buffer of Object.values(buffers).flat()) if (buffer) device.release(buffer);
  return elements;
}

function stored({ dtype, data }: HostTensor) {
  const elements = typedView(dtype, new ArrayBuffer(BYTES * data.length));
  elements.set(data);
  return elements;
}

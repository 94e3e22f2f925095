// Every op on every sample: the device's result against the op's float64 reference, and the same bits when repeated.
import { beforeAll, describe, expect, it } from "vitest";
import { OPS } from "../../src/kernels/index.js";
import { type Device, openDevice, scope } from "../../src/tensor/index.js";
import { apply } from "../../src/tensor/run.js";
import { mismatch } from "./lib/compare.js";
import { describeSample, hostInputs, upload } from "./lib/samples.js";

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});

describe.each(OPS.map((op) => [op.name, op] as const))("%s", (_, op) => {
  it.each(op.samples.map((sample, i) => [describeSample(sample), sample, i] as const))(
    "of %s",
    async (_title, sample, i) => {
      const hosts = hostInputs(op, sample, i);
      const params = op.params?.(hosts, ...(sample.args ?? []));
      const infos = op.infer(hosts, params);
      const want = op.reference(hosts, params);
      const { first, second } = scope(() => {
        const inputs = hosts.map((host) => host && upload(host, device));
        const call = () => apply(op, inputs, sample.args ?? []);
        return { first: call(), second: call() };
      });
      for (const [k, output] of first.entries()) {
        const got = await output.data();
        expect({ shape: output.shape, dtype: output.dtype }).toEqual({ shape: infos[k].shape, dtype: infos[k].dtype });
        expect(mismatch(got, want[k], infos[k], op.tolerance(hosts, params))).toBe("");
        expect(bits(await second[k].data()), "the same call twice gives the same bits").toEqual(bits(got));
      }
      for (const output of [...first, ...second]) output.dispose();
    },
  );
});

function bits({ buffer }: { buffer: ArrayBuffer }): Uint32Array {
  return new Uint32Array(buffer);
}

// A call with an option that its op does not declare is refused, and the option named.
import { beforeAll, expect, test } from "vitest";
import { OPS } from "../../src/kernels/index.js";
import { ConfigError, type Device, openDevice, scope } from "../../src/tensor/index.js";
import { apply } from "../../src/tensor/run.js";
import { hostInputs, upload } from "./lib/samples.js";

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});

test.each(OPS.map((op) => [op.name, op] as const))("%s", (_, op) => {
  const [sample] = op.samples;
  for (const name of op.options ?? [""]) {
    const misspelt = `${name}s`;
    const call = () =>
      scope(() => {
        const inputs = hostInputs(op, sample, 0).map((host) => host && upload(host, device));
        return apply(op, inputs, [...(sample.args ?? []), { [misspelt]: 1 }]);
      });
    expect(call).toThrow(ConfigError);
    expect(call).toThrow(`${op.name}: unknown option "${misspelt}"`);
  }
});

// Every op on every sample: the device's result against the op's float64 reference, and the same bits when repeated.
import { beforeAll, describe, expect, it } from "vitest";
import { OPS } from "../../src/kernels/index.js";
import { type Device, openDevice } from "../../src/tensor/index.js";
import { titled } from "./lib/check.js";
import { forwardChecks } from "./lib/forward.js";

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});

describe.each(OPS.map((op) => [op.name, op] as const))("%s", (_, op) => {
  it.each(titled(forwardChecks(op)))("%s", async (_title, check) => {
    expect(await check.run(device)).toEqual([]);
  });
});

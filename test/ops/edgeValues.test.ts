// Every op at the edges of f32: NaN, infinities, zeros, subnormals and extremes where its float64 reference has them.
import { beforeAll, describe, expect, it } from "vitest";
import { OPS } from "../../src/kernels/index.js";
import { type Device, openDevice } from "../../src/tensor/index.js";
import { titled } from "./lib/check.js";
import { edgeChecks } from "./lib/edges.js";

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});

const taking = OPS.filter((op) => edgeChecks(op).length > 0);

describe.each(taking.map((op) => [op.name, op] as const))("%s", (_, op) => {
  it.each(titled(edgeChecks(op)))("%s", async (_title, check) => {
    expect(await check.run(device)).toEqual([]);
  });
});

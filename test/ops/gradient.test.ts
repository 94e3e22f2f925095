// Every differentiable op on every smooth sample: its vjp against differences of its float64 reference.
import { beforeAll, describe, expect, it, test } from "vitest";
import { OPS } from "../../src/kernels/index.js";
import { type Device, openDevice } from "../../src/tensor/index.js";
import { titled } from "./lib/check.js";
import { derivativeChecks } from "./lib/derivative.js";

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});

describe.each(OPS.filter((op) => op.vjp).map((op) => [op.name, op] as const))("%s", (_, op) => {
  test("has samples whose derivative is checked, and a Jacobian", () => {
    const titles = derivativeChecks(op).map(({ title }) => title);
    expect(titles.some((title) => title.startsWith("the derivative at"))).toBe(true);
    expect(titles.filter((title) => title.startsWith("the Jacobian at"))).toHaveLength(1);
  });

  it.each(titled(derivativeChecks(op)))("%s", async (_title, check) => {
    expect(await check.run(device)).toEqual([]);
  });
});

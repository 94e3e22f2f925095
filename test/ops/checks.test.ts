// The checks of ops, shown to fail: ops broken on purpose are found, and whole ones are not blamed.
import { beforeAll, describe, expect, test } from "vitest";
import { add, argmax, matmul, mul, softmax, sum, transpose } from "../../src/kernels/index.js";
import { EDGES, of } from "../../src/kernels/lib/declare/sample.js";
import { elementwise } from "../../src/kernels/lib/elementwise/elementwise.js";
import { type Device, openDevice } from "../../src/tensor/index.js";
import { type AnyOp, type TensorInfo, ulp } from "../../src/tensor/op.js";
import { opFailures } from "./lib/checks.js";

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});

/** x min(max(x + 3, 0), 6) / 6 with the slope that it has between −3 and 3, everywhere. */
const hardSwish = elementwise({
  name: "hardSwish",
  doc: "",
  wgsl: "x * clamp(x + 3.0, 0.0, 6.0) / 6.0",
  value: ([x]) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6,
  saves: ["x"],
  vjp: (g, { x }) => [g.mul(x.mul(2).add(3).div(6))],
  tolerance: ulp(5),
  samples: [of([2, 65]), of(EDGES)],
}) as AnyOp;

describe("an op that is whole", () => {
  test.each([add, argmax, matmul])("$name has no failures", async (op) => {
    expect(await opFailures(op as AnyOp, device)).toEqual([]);
  });
});

describe("an op is found out when", () => {
  const broken: [string, AnyOp, string][] = [
    ["its shape rule swaps dimensions", swapped(sum as AnyOp), "in the snapshot of shapes"],
    [
      "its gradient has the wrong sign",
      { ...(mul as AnyOp), vjp: (g, { a, b }) => [g.mul(b), g.mul(a).neg()] },
      "vjp gives",
    ],
    ["its gradient is wrong far from 0", hardSwish, "to ±10^4"],
    ["it forgets a gradient", { ...(mul as AnyOp), vjp: (g, { b }) => [g.mul(b), null] }, "vjp gives"],
    ["its reference is another", { ...(add as AnyOp), reference: ([a]) => [a?.data ?? new Float64Array()] }, "differ"],
    ["it refuses nothing", { ...(transpose as AnyOp), params: () => ({ dims: [0] }) }, "instead of a ShapeError"],
    ["it refuses without its name", { ...(add as AnyOp), name: "plus" }, "does not start with the op"],
    ["its kernel and reference differ on NaN", unaware(softmax as AnyOp), "is NaN, not 0"],
  ];

  test.each(broken)("%s", async (_, op, found) => {
    expect((await opFailures(op, device)).filter((failure) => failure.includes(found))).not.toEqual([]);
  });

  test("and no more is looked for than is asked", async () => {
    expect(await opFailures(swapped(sum as AnyOp), device, 1)).toHaveLength(1);
  });
});

/** `op` with the dimensions of its outputs in reverse. */
function swapped(op: AnyOp): AnyOp {
  const reversed = (outputs: readonly TensorInfo[]) =>
    outputs.map(({ shape, dtype }) => ({ shape: [...shape].reverse(), dtype }));
  return { ...op, infer: (inputs, params) => reversed(op.infer(inputs, params)) };
}

/** `op` with a reference that takes NaN for 0. */
function unaware(op: AnyOp): AnyOp {
  const numbers = (data: Float64Array) => data.map((x) => (Number.isNaN(x) ? 0 : x));
  return { ...op, reference: (inputs, params) => op.reference(inputs, params).map(numbers) };
}

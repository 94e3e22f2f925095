// The measure of the accuracy table on the device: it sees what is wrong, and lets pass what WGSL lets a driver do.
import { beforeAll, expect, test } from "vitest";
import { measure as measureAll } from "../../scripts/accuracy/measure.js";
import { of } from "../../src/kernels/lib/declare/sample.js";
import { type Elementwise, elementwise } from "../../src/kernels/lib/elementwise/elementwise.js";
import { type Device, openDevice } from "../../src/tensor/index.js";
import { type AnyOp, exact, ulp } from "../../src/tensor/op.js";

const COUNT = 2048;

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});

const measure = async (...call: Parameters<typeof measureAll>) => (await measureAll(...call))[0];

/** An op of one input. */
function op(change: Partial<Elementwise<undefined, []>>): AnyOp {
  const samples = [of([5])];
  return elementwise({
    name: "op",
    doc: "",
    wgsl: "2.0 * x",
    value: ([x]) => 2 * x,
    tolerance: exact,
    samples,
    ...change,
  }) as AnyOp;
}

test("an exact op is exact", async () => {
  expect(await measure(op({}), COUNT, device)).toMatchObject({ ulp: 0, share: 0, unit: "result" });
});

test("an op off by two parts in 2²³ breaks a promise of one ULP, and its worst input is told", async () => {
  const result = await measure(op({ wgsl: "2.0000005 * x", tolerance: ulp(1) }), COUNT, device);
  expect(result.share).toBeGreaterThan(1);
  expect(result.ulp).toBeLessThan(4.1);
  expect(result.at).toMatch(/^x = -?\d/);
});

test("a NaN too many is an infinite error", async () => {
  const result = await measure(
    op({ wgsl: "bitcast<f32>(bitcast<u32>(x) | 0x7fc00000u)", tolerance: ulp(9) }),
    COUNT,
    device,
  );
  expect(result).toMatchObject({ ulp: null, share: null });
});

test("a single wrong element of thousands is found", async () => {
  const result = await measure(op({ wgsl: "select(2.0 * x, 0.0, x == 2.5)", tolerance: ulp(1) }), COUNT, device);
  expect(result.shareAt).toContain("x = 2.5: got 0, want 5");
});

test("an op that fails outside the interval of its promise keeps it", async () => {
  const broken = { wgsl: "select(2.0 * x, 0.0, abs(x) > 8.0)" };
  expect((await measure(op(broken), COUNT, device)).share).toBe(null);
  expect((await measure(op({ ...broken, domain: { x: [-8, 8] } }), COUNT, device)).share).toBe(0);
});

test("an op that promises differently by its arguments is measured for each promise", async () => {
  const change = { samples: [of([5]), { ...of([5]), args: [2] }] } as const;
  const two = {
    ...op(change),
    params: (_: unknown, n = 1) => n,
    tolerance: (_: unknown, n: unknown) => ({ ulp: n as number, abs: 0 }),
  };
  const rows = await measureAll(two as AnyOp, COUNT, device);
  expect(rows.map(({ op: name, promise }) => [name, promise.ulp])).toEqual([
    ["op ()", [1, 1]],
    ["op (2)", [2, 2]],
  ]);
});

test("a driver may take subnormal inputs for 0", async () => {
  const flushing = op({ wgsl: "select(x, 0.0, abs(x) < 0x1p-126) * 0x1p64", value: ([x]) => x * 2 ** 64 });
  expect((await measure(flushing, COUNT, device)).share).toBe(0);
});

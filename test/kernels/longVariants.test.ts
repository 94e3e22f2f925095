// Long sums by the kernels for GPUs without subgroups, run on this adapter, and long products: within the bounds that
// docs/decisions.md states.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { conv2d } from "../../src/kernels/conv2d.js";
import { sumDepth } from "../../src/kernels/lib/reduce/fold.js";
import { reduceLayout } from "../../src/kernels/lib/reduce/reduceLayout.js";
import { matmul } from "../../src/kernels/matmul.js";
import { softmax } from "../../src/kernels/softmax.js";
import { sum } from "../../src/kernels/sum.js";
import { type Caps, DEFAULT_CAPS } from "../../src/tensor/device/caps.js";
import { Device } from "../../src/tensor/device/device.js";
import type { Dispatch, HostTensor, Inputs, Op } from "../../src/tensor/op.js";
import { type Shape, sizeOf } from "../../src/tensor/shape.js";
import { launch } from "../ops/lib/launch.js";

const U = 2 ** -24; // what an f32 operation rounds by

let device: Device;
beforeAll(async () => {
  device = await Device.open();
});
afterAll(() => device.destroy());

/** The first output of `op` by its kernels for `caps`, and these. */
async function run<P, A extends readonly unknown[]>(op: Op<P, A>, hosts: Inputs<HostTensor>, args: A, caps: Caps) {
  const params = op.params?.(hosts, ...args) as P;
  const outputs = op.infer(hosts, params);
  const plan = op.kernels?.({ inputs: hosts, outputs, params, caps });
  if (!plan) throw new Error("nothing to launch");
  const [got] = await launch(plan, hosts, outputs, device);
  return { got, dispatches: plan.dispatches, params };
}

/** The value of a u32 among a launch's uniforms. */
function uniformOf({ source, uniforms }: Dispatch, name: string): number {
  const [, names = ""] = /struct Uniforms { (.*) }/.exec(source.code) ?? [];
  const at = names.split(", ").indexOf(`${name}: u32`);
  return new DataView(uniforms.buffer).getUint32(4 * at, true);
}

/** Elements by what they are, and whether a result may be off at all: where not, one element lost or read twice shows. */
describe.each<[string, (i: number) => number, slack: 0 | 1]>([
  ["whole numbers, which add up exactly", (i) => 1 + (i % 3), 0],
  ["numbers that round", (i) => Math.fround(0.1 + 0.01 * (i % 7)), 1],
])("%s", (_, element, slack) => {
  const host = (shape: Shape): HostTensor => {
    const data = new Float64Array(sizeOf(shape));
    for (let i = 0; i < data.length; i++) data[i] = element(i);
    return { shape, dtype: "f32", data };
  };

  it.each<[string, Shape, dims: number[], neighbours: number]>([
    ["a row", [4_600_003], [0], 1],
    ["columns", [660_007, 4], [0], 1],
    ["runs of seven", [30_001, 3, 7], [0, 2], 7],
  ])("have a sum of %s, in three loops that all repeat", async (_, shape, dims, neighbours) => {
    const x = host(shape);
    const { got, dispatches } = await run(sum, [x], [dims], DEFAULT_CAPS);
    expect(dispatches[0].source.code).toContain("for (var block3 =");
    expect(uniformOf(dispatches[0], "blocks_per_task")).toBeGreaterThan(uniformOf(dispatches[0], "span") ** 2);
    const want = new Float64Array(got.length);
    for (let i = 0; i < x.data.length; i++) want[Math.floor(i / neighbours) % want.length] += x.data[i];
    const { count, runs } = reduceLayout(shape, dims);
    const bound = slack * sumDepth(count, runs) * U;
    for (const [i, y] of got.entries()) expect(Math.abs(y - want[i])).toBeLessThanOrEqual(bound * want[i]);
  });

  // The 1,056 products of the first keep a software adapter busy, so that their sums are not cut.
  it.each<[string, Shape, Shape, launches: number, (own: Caps) => Caps]>([
    [
      "one chain of 20,000 products",
      [32, 1, 1, 20_000],
      [33, 20_000, 1],
      1,
      () => ({ ...DEFAULT_CAPS, kind: "software" }),
    ],
    ["20,000 products in parts", [2, 20_000], [20_000, 3], 2, (own) => own],
    ["20,000 products in parts, without subgroups", [2, 20_000], [20_000, 3], 2, () => DEFAULT_CAPS],
  ])("have a matrix product: %s", async (_, a, b, launches, capsOn) => {
    const hosts = [host(a), host(b)];
    const { got, dispatches, params } = await run(matmul, hosts, [], capsOn(device.caps));
    expect(dispatches).toHaveLength(launches);
    const [want] = matmul.reference(hosts, params);
    for (const [i, y] of got.entries()) expect(Math.abs(y - want[i])).toBeLessThanOrEqual(slack * 20_001 * U * want[i]);
  });

  it.each<[string, (own: Caps) => Caps]>([
    ["20,007 products", (own) => own],
    ["20,007 products, without subgroups", () => DEFAULT_CAPS],
  ])("have a convolution: %s", async (_, capsOn) => {
    const hosts = [host([1, 2223, 3, 4]), host([3, 2223, 3, 3]), null];
    const { got, params } = await run(conv2d, hosts, [{ padding: 1 }], capsOn(device.caps));
    const [want] = conv2d.reference(hosts, params);
    for (const [i, y] of got.entries()) expect(Math.abs(y - want[i])).toBeLessThanOrEqual(slack * 20_008 * U * want[i]);
  });
});

it("a long row's softmax without subgroups sums in three loops", async () => {
  const data = Float64Array.from({ length: 920_003 }, (_, i) => i % 3);
  const info = { shape: [data.length], dtype: "f32" } as const;
  const { got, dispatches } = await run(softmax, [{ ...info, data }], [0], DEFAULT_CAPS);
  expect(dispatches[0].source.code).toContain("for (var block3 =");
  const blocks = data.length / (128 * 256); // of 256 lanes that fold 128 elements each
  expect(blocks).toBeGreaterThan(uniformOf(dispatches[0], "span") ** 2);
  const total = data.reduce((sum, x) => sum + Math.exp(x - 2), 0);
  // exp of −2 is off by 3 + 2 · 2 ULP (WGSL), in the sum and in the element; 8 for the division
  const bound = (sumDepth(data.length) + 2 * 14 + 8) * U;
  let worst = 0;
  for (const [i, y] of got.entries()) worst = Math.max(worst, Math.abs((y * total) / Math.exp(data[i] - 2) - 1));
  expect(worst).toBeLessThanOrEqual(bound);
});

// What a device reports: a kernel that does not compile, and kernel times.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { input, kernel, output, read, u32, write } from "../../src/kernels/lib/text/kernel.js";
import {
  backward,
  type Device,
  DeviceError,
  memory,
  openDevice,
  ShaderError,
  scope,
  type Tensor,
  tensor,
} from "../../src/tensor/index.js";
import { defineOp, exact, type HostTensor, type TensorInfo } from "../../src/tensor/op.js";
import { apply } from "../../src/tensor/run.js";

/** x · `factor`, by a kernel that names something that is not there: a text of its own for each factor. */
const broken = (factor: number) =>
  defineOp({
    name: "broken",
    doc: "an op whose WGSL does not compile",
    inputs: ["x"],
    infer: ([x]) => [x as TensorInfo],
    kernels: () => ({
      dispatches: [
        kernel({
          label: "broken",
          about: "nothing",
          uniforms: { size: u32(1) },
          bindings: { x: read("f32", input(0)), y: write("f32", output(0)) },
          code: `@compute @workgroup_size(1) fn main() { y[0] = ${factor}.0 * missing * x[0]; }`,
          groups: 1,
        }),
      ],
    }),
    reference: ([x]) => [(x as HostTensor).data],
    vjp: (g) => [g.mul(factor)],
    tolerance: exact,
    samples: [],
  });
const run = (factor: number, x: Tensor) => apply(broken(factor), [x], [])[0];

describe("a kernel that does not compile", () => {
  let device: Device;
  beforeEach(async () => {
    device = await openDevice({});
  });
  afterEach(() => device.destroy());

  test("is a ShaderError that names the op and what is wrong", async () => {
    const y = run(1, tensor([1]));
    await expect(y.data()).rejects.toThrow(ShaderError);
    await expect(y.data()).rejects.toThrow(/broken: its kernel did not compile[\s\S]*missing/);
  });

  test("leaves alone what is computed before, beside and after it, and the device", async () => {
    const x = tensor([1, 2, 3]);
    const before = x.add(1);
    const wrong = run(2, x);
    const beside = x.mul(3).sum();
    await expect(wrong.data()).rejects.toThrow(ShaderError);
    expect([...(await before.data())]).toEqual([2, 3, 4]);
    expect(await beside.item()).toBe(18);
    expect([...(await x.square().data())]).toEqual([1, 4, 9]);
    await device.sync();
    expect(device.failed).toBe(false);
    expect(await openDevice()).toBe(device);
  });

  test("fails what is computed from it, assigned from it and read at once, and memory that it had serves again", async () => {
    const x = tensor([1, 2, 3]);
    const held = x.add(0);
    const sum = scope(() => run(3, x).add(x).sum());
    held.assign(run(4, x));
    await Promise.all([sum, held].map((y) => expect(y.data()).rejects.toThrow(ShaderError)));
    sum.dispose();
    held.dispose();
    expect([...(await x.add(1).data())]).toEqual([2, 3, 4]);
  });

  test("throws at once when it is called again, makes nothing, and fails a gradient through it", async () => {
    const x = tensor([1, 2, 3], null, { requiresGrad: true });
    const op = broken(5);
    const [y] = apply(op, [x], []);
    backward(y.square().sum());
    await expect((x.grad as Tensor).data()).rejects.toThrow(ShaderError);
    const { tensors, liveBuffers } = memory();
    expect(() => apply(op, [x], [])).toThrow(/broken: its kernel did not compile/);
    expect(memory()).toMatchObject({ tensors, liveBuffers });
  });

  test("is told by a profile's neighbours no more than by others", async () => {
    const x = tensor([1, 2, 3]);
    const times = await device.profile(() => scope(() => void run(6, x.exp()).add(1)));
    expect(times.map(({ label }) => label)).toEqual(["exp", "broken", "add"]);
    expect(device.failed).toBe(false);
  });
});

test("a profile names every kernel it timed, in order", async () => {
  const device = await openDevice({});
  const x = tensor([1, 2, 3]);
  const times = await device.profile(() => scope(() => void x.add(1).mul(2)));
  expect(times.map(({ label }) => label)).toEqual(["add", "mul"]);
  expect(times.every(({ nanoseconds }) => nanoseconds >= 0)).toBe(true);
  device.destroy();
});

test("a profile refuses a second one beside it, and a failed one leaves the device as it was", async () => {
  const device = await openDevice({});
  const x = tensor([1, 2, 3]);
  const square = () => scope(() => void x.square());
  await device.profile(async () => {
    await expect(device.profile(square)).rejects.toThrow(DeviceError);
  });
  const failing = device.profile(() => {
    square();
    throw new RangeError("in the middle");
  });
  await expect(failing).rejects.toThrow(RangeError);
  expect((await device.profile(square)).map(({ label }) => label)).toEqual(["square"]);
  device.destroy();
});

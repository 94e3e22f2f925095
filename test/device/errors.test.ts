// What a device reports: a kernel that does not compile, and kernel times.
import { expect, test } from "vitest";
import { kernel, output, u32, write } from "../../src/kernels/lib/text/kernel.js";
import { DeviceError, openDevice, ShaderError, scope, tensor } from "../../src/tensor/index.js";
import { defineOp, exact, type HostTensor, type TensorInfo } from "../../src/tensor/op.js";
import { apply } from "../../src/tensor/run.js";

const broken = defineOp({
  name: "broken",
  doc: "an op whose WGSL names something that is not there",
  inputs: ["x"],
  infer: ([x]) => [x as TensorInfo],
  kernels: () => ({
    dispatches: [
      kernel({
        label: "broken",
        about: "nothing",
        uniforms: { size: u32(1) },
        bindings: { y: write("f32", output(0)) },
        code: "@compute @workgroup_size(1) fn main() { y[0] = missing; }",
        groups: 1,
      }),
    ],
  }),
  reference: ([x]) => [(x as HostTensor).data],
  tolerance: exact,
  samples: [],
});

test("a kernel that does not compile is a ShaderError that names the op and what is wrong", async () => {
  const device = await openDevice({});
  const [y] = apply(broken, [tensor([1])], []);
  await expect(y.data()).rejects.toThrow(ShaderError);
  await expect(y.data()).rejects.toThrow(/broken: its kernel did not compile[\s\S]*missing/);
  device.destroy();
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

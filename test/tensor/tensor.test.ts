// The handle: shapes of its own, contents replaced by assign, leaves, reading after dispose.
import { beforeAll, describe, expect, test } from "vitest";
import {
  arange,
  backward,
  ConfigError,
  Device,
  DeviceError,
  DisposedError,
  DTypeError,
  eye,
  full,
  GradError,
  memory,
  OutOfMemoryError,
  ones,
  openDevice,
  scope,
  type Tensor,
  tensor,
  zeros,
} from "../../src/tensor/index.js";

beforeAll(async () => {
  await openDevice();
});

const values = async (t: Tensor): Promise<number[]> => [...(await t.data())];

describe("numbers beside tensors", () => {
  test.each([
    ["i32", 0.5],
    ["i32", 1e10],
    ["i32", Number.NaN],
    ["i32", 2 ** 31],
    ["u32", -1],
    ["u32", 2 ** 32],
  ] as const)("%s does not take %s", (dtype, value) => {
    const x = zeros([2], { dtype });
    const refused = /b is .* beside .*\n.*help: cast the tensor first: cast\("f32"\)/;
    for (const call of [() => x.add(value), () => x.lt(value)]) {
      expect(call).toThrow(DTypeError);
      expect(call).toThrow(refused);
    }
    expect(() => zeros([2], { dtype: "bool" }).where(x, value)).toThrow(DTypeError);
  });

  test("become scalars of the tensor's dtype where it holds them", async () => {
    expect(await values(zeros([1], { dtype: "i32" }).add(-(2 ** 31)))).toEqual([-(2 ** 31)]);
    expect(await values(zeros([1], { dtype: "u32" }).add(2 ** 32 - 1))).toEqual([2 ** 32 - 1]);
    expect(await values(zeros([1], { dtype: "bool" }).where(1, 0.5))).toEqual([0.5]);
    expect(await values(zeros([1]).add(0.5))).toEqual([0.5]);
  });
});

describe("arrays that the caller changes later", () => {
  test("do not change a tensor's shape", () => {
    const shape = [2, 3];
    const x = tensor([1, 2, 3, 4, 5, 6], shape);
    shape[0] = 9;
    expect(x.shape).toEqual([2, 3]);
  });

  test("do not change what the same call gives next time", () => {
    const key = tensor(Uint32Array.of(1, 2));
    const shape = [2, 3];
    key.randomUniform(shape);
    shape[0] = 9;
    expect(key.randomUniform([2, 3]).shape).toEqual([2, 3]);
  });

  test("do not change the derivative of a call already made", async () => {
    const x = tensor([1, 2, 3]).setRequiresGrad(true);
    const [starts, steps] = [[1], [2]];
    const y = x.sliceBackward([7], starts, steps); // x at 1, 3 and 5
    starts[0] = 0;
    scope(() => backward(y.mul(tensor([0, 1, 2, 3, 4, 5, 6])).sum()));
    expect(await values(x.grad as Tensor)).toEqual([1, 3, 5]);
  });
});

describe("assign", () => {
  test("replaces the contents and leaves the source alone", async () => {
    const [x, y] = [tensor([1, 2]), tensor([3, 4])];
    x.assign(y);
    y.dispose();
    expect(await values(x)).toEqual([3, 4]);
    expect(await values(x.assign(x))).toEqual([3, 4]);
  });

  test("refuses a tensor of another device", async () => {
    const here = tensor([1]);
    const other = await Device.open();
    expect(() => here.assign(tensor([2], null, { device: other }))).toThrow(DeviceError);
    expect(await values(here)).toEqual([1]);
    other.destroy();
  });

  test("refuses the result of an operation, whose gradient would be that of the old contents", () => {
    const y = tensor([1]).setRequiresGrad(true).mul(2);
    expect(() => y.assign(tensor([5]))).toThrow(GradError);
  });
});

describe("setRequiresGrad", () => {
  test("refuses the result of an operation, which backward would pass by", () => {
    const x = tensor([1]).setRequiresGrad(true);
    expect(() => x.mul(2).setRequiresGrad(false)).toThrow(GradError);
    expect(() => x.stopGradient().setRequiresGrad(true)).toThrow(/detach/);
    expect(x.stopGradient().detach().setRequiresGrad(true).requiresGrad).toBe(true);
  });

  test("does nothing where it changes nothing", () => {
    const y = tensor([1]).setRequiresGrad(true).mul(2);
    expect(y.setRequiresGrad(true)).toBe(y);
  });
});

test("a disposed tensor cannot be read, not even without elements", async () => {
  const x = zeros([0]);
  x.dispose();
  await expect(x.data()).rejects.toThrow(DisposedError);
});

test.each([
  ["tensor", (slip: object) => tensor([1], null, slip)],
  ["eye", (slip: object) => eye(2, slip)],
  ["arange", (slip: object) => arange(2, slip)],
  ["full", (slip: object) => full([2], 1, slip)],
  ["zeros", (slip: object) => zeros([2], slip)],
  ["ones", (slip: object) => ones([2], slip)],
])("%s refuses options that it does not know, and holds nothing", (_, make) => {
  const live = memory().tensors;
  expect(() => make({ requires_grad: true })).toThrow(ConfigError);
  expect(() => make({ requires_grad: true })).toThrow('unknown option "requires_grad"');
  expect(memory().tensors).toBe(live);
});

test.each([
  ["eye", () => eye(1e6)],
  ["arange", () => arange(1e12)],
  ["zeros", () => zeros([1e6, 1e6])],
])("%s of a terabyte is refused before anything is allocated", (_, make) => {
  expect(make).toThrow(OutOfMemoryError);
});

test("a device is not opened with options that nobody knows", async () => {
  await expect(openDevice({ memory: 1 } as object)).rejects.toThrow('openDevice: unknown option "memory"');
});

// Opening devices: options that are none, calls at once, and a device that the page has already.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openGpu } from "../../src/tensor/device/adapter/index.js";
import {
  backward,
  ConfigError,
  currentDevice,
  Device,
  DeviceError,
  DeviceLostError,
  openDevice,
  scope,
  type Tensor,
  tensor,
} from "../../src/tensor/index.js";

const opened: Device[] = [];
const open = async (...args: Parameters<typeof openDevice>) => {
  const device = await openDevice(...args);
  opened.push(device);
  return device;
};

beforeAll(async () => {
  await openDevice();
});

afterAll(async () => {
  for (const device of opened) device.destroy();
  await openDevice();
});

describe("an option that is none is refused, and the current device stays", () => {
  test.each([
    ["adapter is 3", { adapter: 3 }],
    ["adapter is null", { adapter: null }],
    ["adapter is an object", { adapter: {} }],
    ["memoryBudget is NaN", { memoryBudget: Number.NaN }],
    ["memoryBudget is an object", { memoryBudget: {} }],
    ['memoryBudget is "1000"', { memoryBudget: "1000" }],
    ["memoryBudget is -1", { memoryBudget: -1 }],
    ["memoryBudget is null", { memoryBudget: null }],
    ["poolCap is NaN", { poolCap: Number.NaN }],
    ['poolCap is "1000"', { poolCap: "1000" }],
    ["poolCap is -1", { poolCap: -1 }],
    ["onWarning is false", { onWarning: false }],
    ["device is an object", { device: {} }],
    ["device is null", { device: null }],
    ['unknown option "budget"', { budget: 1 }],
  ])("%s", async (what, options) => {
    const before = currentDevice();
    const refused = openDevice(options as object);
    await expect(refused).rejects.toThrow(ConfigError);
    await expect(refused).rejects.toThrow(`openDevice: ${what}`);
    expect(currentDevice()).toBe(before);
  });

  test("no limit at all is one", async () => {
    const device = await open({ memoryBudget: Number.POSITIVE_INFINITY, poolCap: 0 });
    using x = tensor([1, 2], null, { device });
    expect([...(await x.data())]).toEqual([1, 2]);
  });
});

describe("calls at once", () => {
  const lose = () => currentDevice().destroy();

  test("give one device to all that ask for any", async () => {
    lose();
    const [a, b, c] = await Promise.all([open(), open(), open()]);
    expect(b).toBe(a);
    expect(c).toBe(a);
    expect(currentDevice()).toBe(a);
    expect(await open()).toBe(a);
  });

  test("give another to each that has options, and the last call's is the current one", async () => {
    const [a, b] = await Promise.all([open({}), open({ poolCap: 0 })]);
    expect(a).not.toBe(b);
    expect(currentDevice()).toBe(b);
  });

  test("give the one on its way to who asks for any", async () => {
    lose();
    const [a, b] = await Promise.all([open({ poolCap: 0 }), open()]);
    expect(b).toBe(a);
  });

  test("give who asks for any one of its own where another's fails", async () => {
    lose();
    const [refused, any] = await Promise.allSettled([openDevice({ adapter: "voodoo 2" }), open()]);
    expect(refused).toMatchObject({ status: "rejected", reason: expect.any(DeviceError) });
    expect(any).toMatchObject({ status: "fulfilled", value: currentDevice() });
  });
});

describe("a device that the page has", () => {
  const request = async (descriptor?: GPUDeviceDescriptor) => (await openGpu()).adapter.requestDevice(descriptor);

  test("computes at WebGPU's default limits without features, and says where it came from", async () => {
    const gpu = await request();
    const device = await open({ device: gpu });
    expect(device.gpu).toBe(gpu);
    expect(device.adapter).toMatchObject({ how: "given", name: expect.stringMatching(/./) });
    expect(device.caps).toMatchObject({ f16: false, subgroupSize: 0, maxInvocations: 256, maxWorkgroupBytes: 16384 });
    using x = tensor(
      [
        [1, 2],
        [3, 4],
      ],
      null,
      { requiresGrad: true },
    );
    scope(() => backward(x.softmax(-1).square().sum()));
    expect([...(await (x.grad as Tensor).data())].every(Number.isFinite)).toBe(true);
    gpu.destroy();
  });

  test("is the page's after destroy(), without the buffers that were made on it", async () => {
    const gpu = await request();
    const device = await openDevice({ device: gpu });
    const x = tensor([1, 2, 3]);
    const { gpu: memory } = x.storage.buffer;
    expect([...(await x.add(1).data())]).toEqual([2, 3, 4]);
    const late = x.mul(2).data();
    device.destroy();
    await expect(late).rejects.toThrow(DeviceLostError);
    expect(() => x.add(1)).toThrow(DeviceLostError);
    x.dispose();

    const refuses = async (buffer: GPUBuffer) => {
      gpu.pushErrorScope("validation");
      gpu.queue.writeBuffer(buffer, 0, new Uint8Array(4));
      gpu.queue.submit([]);
      return (await gpu.popErrorScope())?.message;
    };
    expect(await refuses(memory)).toMatch(/destroyed/);
    expect(await refuses(gpu.createBuffer({ size: 16, usage: GPUBufferUsage.COPY_DST }))).toBeUndefined();
    const again = await open({ device: gpu });
    expect([...(await tensor([5], null, { device: again }).add(1).data())]).toEqual([6]);
    gpu.destroy();
  });

  test("reports its errors to the page too, and fails for us, since whose they are cannot be told", async () => {
    const gpu = await request();
    const device = await open({ device: gpu });
    const heard = new Promise<boolean>((done) => {
      gpu.addEventListener("uncapturederror", (event) => {
        done(event.defaultPrevented);
        event.preventDefault(); // or Dawn prints it
      });
    });
    gpu.createBuffer({ size: 16, usage: 0 });
    await gpu.queue.onSubmittedWorkDone();
    expect(await heard).toBe(false);
    await expect(device.sync()).rejects.toThrow(/help: it came from this package or from other code/);
    gpu.destroy();
  });

  test("is refused beside an adapter, and where it falls short of what kernels need", async () => {
    const gpu = await request();
    await expect(openDevice({ device: gpu, adapter: "any" })).rejects.toThrow(ConfigError);
    const few = { ...limitsOf(gpu), maxStorageBuffersPerShaderStage: 4, maxComputeInvocationsPerWorkgroup: 128 };
    Object.defineProperty(gpu, "limits", { value: few }); // as of the level "compatibility", which Dawn in Node lacks
    await expect(openDevice({ device: gpu })).rejects.toThrow(DeviceError);
    await expect(openDevice({ device: gpu })).rejects.toThrow(
      "falls short: maxComputeInvocationsPerWorkgroup 128 < 256, maxStorageBuffersPerShaderStage 4 < 8",
    );
    gpu.destroy();
  });

  test("may keep to itself which adapter it is of", async () => {
    const gpu = await request();
    Object.defineProperty(gpu, "adapterInfo", { value: undefined });
    expect((await open({ device: gpu })).adapter).toEqual({ name: "unnamed adapter", driver: "", how: "given" });
    gpu.destroy();
  });

  const limitsOf = ({ limits }: GPUDevice): Record<string, number> => {
    const all: Record<string, number> = {};
    for (const name in limits) all[name] = limits[name as keyof GPUSupportedLimits] as number;
    return all;
  };
});

test("an adapter that refuses a device is a DeviceError with the driver's reason", async () => {
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = function (descriptor) {
    const requiredLimits = { ...descriptor?.requiredLimits, maxBufferSize: Number.MAX_SAFE_INTEGER };
    return requestDevice.call(this, { ...descriptor, requiredLimits }); // more than any adapter grants: a real refusal
  };
  try {
    const refused = Device.open();
    await expect(refused).rejects.toThrow(DeviceError);
    await expect(refused).rejects.toThrow(/openDevice: .+ refuses a device: .*maxBufferSize/s);
  } finally {
    GPUAdapter.prototype.requestDevice = requestDevice;
  }
});

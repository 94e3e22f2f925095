// Runs a plan of kernels on a device, without tensors: for kernels that the device would not choose by itself.
import type { Device } from "../../../src/tensor/device/device.js";
import type { PooledBuffer } from "../../../src/tensor/device/pool.js";
import { BYTES, type TypedArray, typedView } from "../../../src/tensor/dtype.js";
import type { HostTensor, Inputs, Plan, TensorInfo } from "../../../src/tensor/op.js";
import { sizeOf } from "../../../src/tensor/shape.js";

/** Runs `plan` and returns the outputs' elements. */
export async function launch(
  plan: Plan,
  hosts: Inputs<HostTensor>,
  outputs: readonly TensorInfo[],
  device: Device,
): Promise<TypedArray[]> {
  const acquire = (elements: number) => device.acquire(BYTES * Math.max(1, elements), "test");
  const buffers = {
    input: hosts.map((host) => host && acquire(host.data.length)),
    output: outputs.map(({ shape }) => acquire(sizeOf(shape))),
    scratch: (plan.scratch ?? []).map((bytes) => acquire(bytes / BYTES)),
  };
  for (const [i, host] of hosts.entries()) if (host) device.write(buffers.input[i] as PooledBuffer, stored(host));
  for (const { source, operands, uniforms, groups } of plan.dispatches) {
    const bound = operands.map(({ role, index }) => buffers[role][index] as PooledBuffer);
    device.dispatch(device.compile(source), bound, uniforms, groups);
  }
  const results = outputs.map(async ({ shape, dtype }, k) =>
    typedView(
      dtype,
      sizeOf(shape) === 0 ? new ArrayBuffer(0) : await device.read(buffers.output[k], BYTES * sizeOf(shape)),
    ),
  );
  const elements = await Promise.all(results);
  for (const buffer of Object.values(buffers).flat()) if (buffer) device.release(buffer);
  return elements;
}

function stored({ dtype, data }: HostTensor) {
  const elements = typedView(dtype, new ArrayBuffer(BYTES * data.length));
  elements.set(data);
  return elements;
}

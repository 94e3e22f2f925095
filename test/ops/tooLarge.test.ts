// Tensors that no kernel can bind: every way to make one is refused with the limit named, and leaves nothing behind.
import { afterAll, beforeAll, expect, test } from "vitest";
import { OPS } from "../../src/kernels/index.js";
import {
  type Device,
  memory,
  OutOfMemoryError,
  ones,
  openDevice,
  scope,
  tensor,
  zeros,
} from "../../src/tensor/index.js";
import { apply } from "../../src/tensor/run.js";
import { sizeOf } from "../../src/tensor/shape.js";
import { scaledCalls } from "./lib/scaled.js";

let device: Device;
let elements: number; // one more than fit
beforeAll(async () => {
  device = await openDevice();
  elements = Math.floor(device.caps.maxBindingBytes / 4) + 1;
});

const before = { liveTensors: 0, liveBytes: 0 };
function remember(): void {
  const { tensors, liveBytes } = memory();
  Object.assign(before, { liveTensors: tensors, liveBytes });
}

/** `make` must be refused, with `what` and the limit named, and hold nothing then. */
function expectRefused(what: string, make: () => unknown): void {
  remember();
  const error = thrownBy(() => scope(() => void make()));
  expect(error).toBeInstanceOf(OutOfMemoryError);
  expect(error?.message).toMatch(new RegExp(`^${what}: \\[[\\d, ]*\\] takes \\d+ bytes`));
  expect(error?.message).toContain(`${device.caps.maxBindingBytes} (maxStorageBufferBindingSize)`);
  expect(error?.message).toContain("help: ");
  const { tensors, liveBytes } = memory();
  expect({ liveTensors: tensors, liveBytes }).toEqual(before);
}

function thrownBy(make: () => void): Error | null {
  try {
    make();
    return null;
  } catch (error) {
    return error as Error;
  }
}

test("tensors cannot be created", () => {
  zeros([1]).dispose(); // the constants that filling takes stay
  ones([1]).dispose();
  expectRefused("zeros", () => zeros([elements]));
  expectRefused("ones", () => ones([2, elements]));
  expectRefused("zeros", () => zeros([1e6, 1e6, 1e6]));
  expectRefused("tensor", () => tensor(new Float32Array(elements)));
});

test("ops cannot make them of smaller ones", () => {
  const side = Math.ceil(Math.sqrt(elements));
  const reached = new Set<string>();
  for (const op of OPS.filter(({ kernels }) => kernels)) {
    for (const { inputs, args, outputs } of [...scaledCalls(op, side, 2), ...scaledCalls(op, 2 * side, 1)]) {
      const small = inputs.every((t) => !t || sizeOf(t.shape) <= 40 * side);
      if (!small || reached.has(op.name) || outputs.every(({ shape }) => sizeOf(shape) < elements)) continue;
      reached.add(op.name);
      const given = inputs.map((t) => t && tensor(new Float32Array(sizeOf(t.shape)), t.shape, { dtype: t.dtype }));
      expectRefused(op.name, () => apply(op, given, args));
      for (const t of given) t?.dispose();
    }
  }
  expect(reached.size).toBeGreaterThan(25);
});

test("a large tensor that fits is computed to its end", async () => {
  const n = elements - 1;
  const last = scope(() =>
    ones([n])
      .add(1)
      .slice([[n - 1, n]]),
  );
  expect(await last.item()).toBe(2);
  last.dispose();
});

afterAll(() => device.trim());

// Limits of a launch: more workgroups than a dimension holds, more dispatches than an upload of uniforms, more uniforms
// than a slot.
import { beforeAll, describe, expect, it } from "vitest";
import { kernel, u32 } from "../../src/kernels/lib/text/kernel.js";
import { softmax } from "../../src/kernels/softmax.js";
import { arange, currentDevice, memory, openDevice, ShapeError, scope, tensor } from "../../src/tensor/index.js";

beforeAll(async () => {
  await openDevice();
});

const launchOf = (groups: number, uniforms = {}) =>
  kernel({ label: "test", about: "nothing", uniforms, bindings: {}, code: "", groups });

describe("workgroups beyond 65,535", () => {
  it("fold over two dimensions, each within the limit and few of them idle", () => {
    for (const count of [1, 65_535, 65_536, 70_000, 131_071, 10_000_019, 2 ** 30]) {
      const [x, y, z] = launchOf(count).groups;
      expect(Math.max(x, y)).toBeLessThanOrEqual(65_535);
      expect(z).toBe(1);
      expect(x * y).toBeGreaterThanOrEqual(count);
      expect(x * y - count).toBeLessThan(y);
    }
  });

  // At most eight rows of 4 elements to a workgroup on a software adapter: 75,001 workgroups or more.
  const ROWS = 600_001;

  it("give every row its softmax", async () => {
    const info = { shape: [ROWS, 4], dtype: "f32" } as const;
    const plan = softmax.kernels?.({ inputs: [info], outputs: [info], params: { dim: 1 }, caps: currentDevice().caps });
    expect(plan?.dispatches[0].groups[1]).toBeGreaterThan(1);
    const x = Float32Array.from({ length: 4 * ROWS }, (_, i) => (i % 4 === 0 ? Math.log((i / 4) % 97) : 0));
    const y = scope(() => tensor(x, [ROWS, 4]).softmax(1));
    const got = await y.data();
    let worst = 0;
    for (let r = 0; r < ROWS; r++) worst = Math.max(worst, Math.abs(got[4 * r] - (r % 97) / ((r % 97) + 3)));
    expect(worst).toBeLessThan(1e-5);
    y.dispose();
  });
});

describe("more dispatches than an encoder holds", () => {
  it("each read their own uniforms", async () => {
    const n = 1100; // 1,100 slices, then as many copies of one concat; the arena has slots for 1,024 dispatches
    const before = memory().submits;
    const y = scope(() => {
      const x = arange(n);
      const [first, ...others] = Array.from({ length: n }, (_, i) => x.slice([[n - 1 - i, n - i]]));
      return first.concat(others);
    });
    expect((await y.data()).every((v, i) => v === n - 1 - i)).toBe(true);
    expect(memory().submits - before).toBeGreaterThanOrEqual(3);
    y.dispose();
  });
});

describe("uniforms beyond the slot of a dispatch", () => {
  const scalars = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`n${i}`, u32(i)]));

  it("are refused before they run into the next slot", () => {
    expect(launchOf(1, scalars(64)).uniforms.length).toBe(256);
    expect(() => launchOf(1, scalars(65))).toThrow(ShapeError);
  });

  it("leave the device as it was", async () => {
    const many = Array(40).fill(1);
    const index = tensor([0], null, { dtype: "i32" }).reshape(many);
    expect(() => tensor([1]).reshape(many).gather(index, 0)).toThrow(/fewer dimensions/);
    expect(await tensor([1]).item()).toBe(1);
  });
});

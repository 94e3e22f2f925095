// Launches at sizes that no test could run: plans are pure, so that the limits are proven without a device.
import { describe, expect, it } from "vitest";
import { OPS } from "../../src/kernels/index.js";
import { f32, i32, kernel, offset, type Uniform, u32 } from "../../src/kernels/lib/text/kernel.js";
import { type Caps, DEFAULT_CAPS } from "../../src/tensor/device/caps.js";
import { DTypeError } from "../../src/tensor/errors.js";
import { sizeOf } from "../../src/tensor/shape.js";
import { scaledCalls } from "./lib/scaled.js";

const ADAPTERS: Record<string, Caps> = {
  "a GPU": DEFAULT_CAPS,
  "a GPU with subgroups": { ...DEFAULT_CAPS, subgroupSize: 32 },
  "a software adapter": { ...DEFAULT_CAPS, kind: "software", subgroupSize: 8 },
};
const SIZE = 16_777_217; // of a dimension: more than 65,535 workgroups of 256, and odd
const MOST = 2 ** 32; // elements: more would not fit any binding, and without the empty dimensions uniforms

it.each(Object.entries(ADAPTERS))("no op launches more than 65,535 workgroups a dimension on %s", (_, caps) => {
  const beyond: string[] = [];
  const tried = new Set<string>();
  for (const op of OPS) {
    for (const { inputs, outputs, params } of scaledCalls(op, SIZE)) {
      if ([...inputs, ...outputs].some((t) => t && sizeOf(t.shape.filter((n) => n > 0)) > MOST)) continue;
      if (outputs.every(({ shape }) => sizeOf(shape) === 0)) continue;
      for (const { source, groups } of op.kernels?.({ inputs, outputs, params, caps }).dispatches ?? []) {
        tried.add(op.name);
        if (groups.some((n) => n > 65_535)) beyond.push(`${source.label}: ${groups} workgroups`);
      }
    }
  }
  expect(beyond).toEqual([]);
  const without = OPS.filter((op) => op.kernels && !tried.has(op.name));
  expect(without.map(({ name }) => name)).toEqual([]);
});

describe("numbers that become uniforms", () => {
  const launch = (uniform: Uniform) =>
    kernel({ label: "test", about: "nothing", uniforms: { n: uniform }, bindings: {}, code: "", groups: 1 });
  const wordOf = (uniform: Uniform) => new Uint32Array(launch(uniform).uniforms.buffer)[0];

  it.each([u32(-1), u32(2 ** 32), u32(0.5), u32(Number.NaN), i32(2 ** 31), i32(1 / 0), i32(-0.5)])(
    "never wrap or lose a part: %o is refused",
    (uniform) => {
      expect(() => launch(uniform)).toThrow(DTypeError);
      expect(() => launch(uniform)).toThrow(`test: n is ${uniform.value}, no ${uniform.type}`);
    },
  );

  it("are taken to the ends of their range, and f32 rounds", () => {
    expect(wordOf(u32(2 ** 32 - 1))).toBe(2 ** 32 - 1);
    expect(wordOf(i32(-(2 ** 31)))).toBe(2 ** 31);
    expect(wordOf(f32(0.1))).toBe(0x3dcccccd);
    expect(wordOf(f32(1e39))).toBe(0x7f800000);
  });

  it("wrap as offsets alone", () => {
    expect(wordOf(offset(-3))).toBe(2 ** 32 - 3);
    expect(wordOf(offset(3))).toBe(3);
    expect(() => launch(offset(-(2 ** 32) - 1))).toThrow(DTypeError);
  });
});

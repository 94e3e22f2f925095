// Launches at sizes that no test could run: plans are pure, so that the limits are proven without a device.
import { expect, it } from "vitest";
import { OPS } from "../../src/kernels/index.js";
import { type Caps, DEFAULT_CAPS } from "../../src/tensor/device/caps.js";
import { sizeOf } from "../../src/tensor/shape.js";
import { scaledCalls } from "./lib/scaled.js";

const ADAPTERS: Record<string, Caps> = {
  "a GPU": DEFAULT_CAPS,
  "a GPU with subgroups": { ...DEFAULT_CAPS, subgroupSize: 32 },
  "a software adapter": { ...DEFAULT_CAPS, kind: "software", subgroupSize: 8 },
};
const SIZE = 16_777_217; // of a dimension: more than 65,535 workgroups of 256, and odd
const MOST = 2 ** 32; // elements: more would not fit any binding

it.each(Object.entries(ADAPTERS))("no op launches more than 65,535 workgroups a dimension on %s", (_, caps) => {
  const beyond: string[] = [];
  const tried = new Set<string>();
  for (const op of OPS) {
    for (const { inputs, outputs, params } of scaledCalls(op, SIZE)) {
      if ([...inputs, ...outputs].some((t) => t && sizeOf(t.shape) > MOST)) continue;
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

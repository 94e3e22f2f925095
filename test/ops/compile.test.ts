// Every kernel of every sample compiles at the limits that every adapter grants, for each kind of adapter; without a GPU.
import { beforeAll, expect, it } from "vitest";
import { OPS } from "../../src/kernels/index.js";
import { type Caps, DEFAULT_CAPS } from "../../src/tensor/device/caps.js";
import type { AnyOp, Dispatch, Sample } from "../../src/tensor/op.js";
import { sizeOf } from "../../src/tensor/shape.js";
import { compile } from "./lib/compile.js";
import { hostInputs } from "./lib/samples.js";

const ADAPTERS: Record<string, Caps> = {
  "a GPU at the default limits, without subgroups": DEFAULT_CAPS,
  "a GPU with subgroups of 32 and f16": { ...DEFAULT_CAPS, subgroupSize: 32, f16: true },
  "a GPU with subgroups of 64": { ...DEFAULT_CAPS, subgroupSize: 64 },
  "a software adapter without subgroups": { ...DEFAULT_CAPS, kind: "software" },
  "a software adapter with subgroups of 4": { ...DEFAULT_CAPS, kind: "software", subgroupSize: 4 },
  "a software adapter with subgroups of 8 and f16": { ...DEFAULT_CAPS, kind: "software", subgroupSize: 8, f16: true },
};

/** The launches of all samples on each kind of adapter. */
const LAUNCHES = new Map<string, readonly Dispatch[]>(Object.keys(ADAPTERS).map((adapter) => [adapter, []]));

beforeAll(() => {
  const calls = OPS.flatMap((op) => op.samples.map((sample, i) => callOf(op, sample, i))).filter(({ outputs }) =>
    outputs.some(({ shape }) => sizeOf(shape) > 0),
  );
  for (const [adapter, caps] of Object.entries(ADAPTERS)) {
    LAUNCHES.set(
      adapter,
      calls.flatMap(({ op, ...call }) => op.kernels?.({ ...call, caps }).dispatches ?? []),
    );
  }
});

it("every kernel compiles for every kind of adapter", async () => {
  const kernels = new Map<string, string>();
  for (const [adapter, launches] of LAUNCHES) {
    for (const { source } of launches) kernels.set(source.code, `${source.label} for ${adapter}`);
  }
  expect(kernels.size).toBeGreaterThan(OPS.length);
  expect(await compile([...kernels].map(([code, label]) => ({ label, code })))).toEqual([]);
});

it("no kernel adds with atomics: the order of their sums would vary, and so the bits", () => {
  const sources = new Set([...LAUNCHES.values()].flat().map(({ source }) => source));
  const atomic = [...sources].filter(({ code }) => /\batomic\w*\s*[<(]/.test(code));
  expect(new Set(atomic.map(({ label }) => label))).toEqual(new Set());
});

it("no kernel binds more than 8 storage buffers or 256 bytes of uniforms", () => {
  const large = [...LAUNCHES.values()].flat().filter((d) => d.operands.length > 8 || d.uniforms.byteLength > 256);
  expect(large.map(({ source }) => source.label)).toEqual([]);
});

/** A sample's call. Kernels depend on shapes and parameters alone: its values are drawn once for all adapters. */
function callOf(op: AnyOp, sample: Sample, index: number) {
  const inputs = hostInputs(op, sample, index);
  const params = op.params?.(inputs, ...(sample.args ?? []));
  return { op, inputs, params, outputs: op.infer(inputs, params) };
}

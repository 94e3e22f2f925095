// Kernels of calls with large sizes and arguments: neither their number, nor what a text unrolls, nor what a thread keeps
// may grow with them. Plans are pure, so that no adapter is needed.
import { describe, expect, it } from "vitest";
import { avgPool2d } from "../../src/kernels/avgPool2d.js";
import { avgPool2dGrad } from "../../src/kernels/avgPool2dGrad.js";
import { conv2d } from "../../src/kernels/conv2d.js";
import { conv2dInputGrad } from "../../src/kernels/conv2dInputGrad.js";
import { conv2dWeightGrad } from "../../src/kernels/conv2dWeightGrad.js";
import { OPS } from "../../src/kernels/index.js";
import { of } from "../../src/kernels/lib/declare/sample.js";
import { maxPool2d } from "../../src/kernels/maxPool2d.js";
import { maxPool2dGrad } from "../../src/kernels/maxPool2dGrad.js";
import { DEFAULT_CAPS } from "../../src/tensor/device/caps.js";
import type { AnyOp, Dispatch, Sample } from "../../src/tensor/op.js";
import { formatShape, sizeOf } from "../../src/tensor/shape.js";
import { compile } from "../ops/lib/compile.js";
import { type Call, callOf, infoOf, scaledCalls } from "../ops/lib/scaled.js";

const MOST_LAUNCHES = 1024;
const MOST_LETTERS = 16_384;
const MOST_BYTES = 8192; // of the variables of functions: what WGSL grants
const MOST_ELEMENTS = 2 ** 28;
const ADAPTERS = [DEFAULT_CAPS, { ...DEFAULT_CAPS, kind: "software", subgroupSize: 8 }] as const;

function callOn(op: AnyOp, { inputs }: Sample, ...args: readonly unknown[]): [string, AnyOp, Call] {
  const infos = inputs.map(infoOf);
  const shapes = infos.map((t) => t && formatShape(t.shape)).join(", ");
  return [`${op.name} of ${shapes} with ${JSON.stringify(args)}`, op, callOf(op, infos, args) as Call];
}

/** Launches of `call` on every kind of adapter. */
function launchesOf({ kernels }: AnyOp, { inputs, outputs, params }: Call): Dispatch[] {
  return ADAPTERS.flatMap((caps) => kernels?.({ inputs, outputs, params, caps }).dispatches ?? []);
}

/** What is too much of `launches`. */
function excesses(launches: readonly Dispatch[]): string[] {
  const large = launches.filter(
    ({ source: { code } }) => code.length > MOST_LETTERS || !(keptBytes(code) <= MOST_BYTES),
  );
  const found = large.map(
    ({ source: { label, code } }) => `${label}: ${code.length} letters, ${keptBytes(code)} bytes kept`,
  );
  return launches.length > ADAPTERS.length * MOST_LAUNCHES ? [`${launches.length} launches`, ...found] : found;
}

/** Bytes of the arrays in a text that are not memory of workgroups or buffers, each counted where it is named. */
function keptBytes(code: string): number {
  const constants = new Map([...code.matchAll(/const (\w+) = (\d+)u;/g)].map(([, name, n]) => [name, Number(n)]));
  const lines = code.split("\n").filter((line) => !line.includes("@group") && !line.includes("<workgroup>"));
  const sizes = lines
    .flatMap((line) => [...line.matchAll(/array<(\w+), ([\w *]+)>/g)])
    .map(([, type, length]) => {
      const factors = length.split(" * ").map((factor) => constants.get(factor) ?? Number(factor));
      return (/^(vec4|V$)/.test(type) ? 16 : 4) * factors.reduce((a, b) => a * b, 1);
    });
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}

const BIG = 2 ** 31 - 1;
const ONE = [1, 1, 1, 1];
const CALLS = [
  callOn(avgPool2dGrad, of(ONE), 256, 256),
  callOn(avgPool2dGrad, of([1, 1, 3, 2]), [3000, 2000], 1000),
  callOn(avgPool2dGrad, of(ONE), 4, 2, { stride: BIG }),
  callOn(maxPool2dGrad, of(ONE, { shape: ONE, dtype: "i32" }), 256, 256),
  callOn(avgPool2d, of([1, 1, 4, 4]), 2, { stride: BIG }),
  callOn(avgPool2d, of([1, 1, 2, 2]), [BIG, 1], { padding: [2 ** 30 - 1, 0] }),
  callOn(maxPool2d, of([1, 1, 4, 4]), 2, { stride: BIG }),
  ...[512, 2048, BIG].flatMap((stride) => [
    callOn(conv2d, of([1, 4, 2100, 2100], [4, 1, 3, 3], null), { stride, groups: 4 }),
    callOn(conv2d, of([1, 4, 2100, 2100], [4, 4, 3, 3], null), { stride }),
  ]),
  callOn(conv2d, of([1, 2, 8, 5000], [2, 1, 1, 49], null), { stride: [1, 4], groups: 2 }),
  callOn(conv2d, of([1, 2, 1, 5000], [2, 2, 1, 5000], null)),
  callOn(conv2d, of([1, 1, 2, 2], [1, 1, 1, 1], null), { dilation: BIG }),
  callOn(conv2dInputGrad, of([1, 4, 5, 5], [4, 1, 3, 3]), 2100, { stride: 512, groups: 4 }),
  callOn(conv2dInputGrad, of([1, 4, 2, 2], [4, 4, 3, 3]), 2100, { stride: 2048 }),
  callOn(conv2dInputGrad, of([1, 4, 1, 1], [4, 4, 3, 3]), 4, { stride: BIG }),
  callOn(conv2dInputGrad, of([1, 2, 1, 1], [2, 2, 1, 5000]), [1, 5000]),
  callOn(conv2dWeightGrad, of([1, 4, 2100, 2100], [1, 4, 5, 5]), 3, { stride: 512, groups: 4 }),
];

describe("few, short kernels that keep little, whatever the arguments", () => {
  it.each(CALLS)("%s", (_, op, call) => {
    expect(excesses(launchesOf(op, call))).toEqual([]);
  });

  it("in every sample with a size or argument made large, and all of them compile", async () => {
    const texts = new Map<string, string>();
    const found = new Set<string>();
    const large = OPS.flatMap((op) => [...scaledCalls(op, BIG)].map((call) => ["", op, call] as const));
    for (const [, op, call] of [...CALLS, ...large]) {
      const shapes = [...call.inputs, ...call.outputs].flatMap((t) => (t ? [t.shape] : []));
      if (shapes.some((shape) => sizeOf(shape.filter((n) => n > 0)) > MOST_ELEMENTS)) continue;
      if (call.outputs.every(({ shape }) => sizeOf(shape) === 0)) continue;
      const launches = launchesOf(op, call);
      for (const excess of excesses(launches)) found.add(excess);
      for (const { source } of launches) texts.set(source.code, `${source.label} with ${JSON.stringify(call.args)}`);
    }
    expect([...found]).toEqual([]);
    expect(texts.size).toBeGreaterThan(OPS.length);
    expect(await compile([...texts].map(([code, label]) => ({ label, code })))).toEqual([]);
  });
});

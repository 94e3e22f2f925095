// The texts of an op's kernels, and a hash of them: figures are of the kernels that they were measured with, and no others.
import { createHash } from "node:crypto";
import { DEFAULT_CAPS } from "../../src/tensor/device/caps.js";
import type { AnyOp, Sample } from "../../src/tensor/op.js";
import { sizeOf } from "../../src/tensor/shape.js";
import { callOf, infoOf } from "../../test/ops/lib/scaled.js";
import { largerCalls } from "./trials.js";

/** Kinds of adapter for which kernels differ. */
const ADAPTERS = [
  DEFAULT_CAPS,
  { ...DEFAULT_CAPS, subgroupSize: 32 },
  { ...DEFAULT_CAPS, kind: "software", subgroupSize: 8 },
] as const;

/** The different texts, of the calls `samples` of `op`. */
export function kernelTexts(op: AnyOp, samples: readonly Sample[]): string[] {
  const texts = samples.flatMap(({ inputs, args = [] }) => {
    const call = callOf(op, inputs.map(infoOf), args);
    if (!call || call.outputs.every(({ shape }) => sizeOf(shape) === 0)) return [];
    const plans = ADAPTERS.map((caps) => op.kernels?.({ ...call, caps }));
    return plans.flatMap((plan) => plan?.dispatches.map(({ source }) => source.code) ?? []);
  });
  return [...new Set(texts)];
}

/** By op, what its texts hash to, in the calls that are measured: its samples and larger ones. */
export function kernelHashes(ops: readonly AnyOp[]): Record<string, string> {
  const hash = (op: AnyOp) => {
    const texts = kernelTexts(op, [...op.samples, ...largerCalls(op)]);
    return createHash("sha256").update(texts.sort().join("\n")).digest("hex").slice(0, 16);
  };
  return Object.fromEntries(ops.map((op) => [op.name, hash(op)]));
}

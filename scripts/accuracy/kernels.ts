// The texts of an op's kernels, and their hashes: figures are of the kernels that they were measured with, and no others.
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

/** By op, a hash of each text, in the calls that are measured: its samples and larger ones. */
export function kernelHashes(ops: readonly AnyOp[]): Record<string, string> {
  const hash = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 8);
  const hashes = (op: AnyOp) => kernelTexts(op, [...op.samples, ...largerCalls(op)]).map(hash);
  return Object.fromEntries(ops.map((op) => [op.name, hashes(op).sort().join(" ")]));
}

/** Ops that no longer have a kernel of `measured`. One that more samples bring, beside those measured, makes no figure wrong. */
export function changedKernels(measured: Readonly<Record<string, string>>, ops: readonly AnyOp[]): string[] {
  const today = kernelHashes(ops);
  const changed = ([name, hashes]: [string, string]) =>
    hashes.split(" ").some((hash) => !today[name]?.split(" ").includes(hash));
  return Object.entries(measured)
    .filter(changed)
    .map(([name]) => name);
}

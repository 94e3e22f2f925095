// What of WGSL's accuracy table the kernels of an op use, on any adapter.
import { DEFAULT_CAPS } from "../../src/tensor/device/caps.js";
import type { AnyOp } from "../../src/tensor/op.js";
import { sizeOf } from "../../src/tensor/shape.js";
import { hostInputs } from "../../test/ops/lib/samples.js";
import { type Uses, usesOf } from "./allowance.js";

const ADAPTERS = [
  DEFAULT_CAPS,
  { ...DEFAULT_CAPS, subgroupSize: 32 },
  { ...DEFAULT_CAPS, kind: "software", subgroupSize: 8 },
] as const;

/** Together, of the kernels for all samples of `op`. */
export function usesOfOp(op: AnyOp): Uses {
  const texts = new Set(
    op.samples.flatMap((sample, i) => {
      const inputs = hostInputs(op, sample, i);
      const params = op.params?.(inputs, ...(sample.args ?? []));
      const outputs = op.infer(inputs, params);
      if (outputs.every(({ shape }) => sizeOf(shape) === 0)) return [];
      const plans = ADAPTERS.map((caps) => op.kernels?.({ inputs, outputs, params, caps }));
      return plans.flatMap((plan) => plan?.dispatches.map(({ source }) => source.code) ?? []);
    }),
  );
  const uses = [...texts].map(usesOf);
  const union = (lists: readonly (readonly string[])[]) => [...new Set(lists.flat())].sort();
  return { builtIns: union(uses.map((u) => u.builtIns)), replaced: union(uses.map((u) => u.replaced)) };
}

// What of WGSL's accuracy table the kernels of an op use, on any adapter.
import type { AnyOp } from "../../src/tensor/op.js";
import { type Uses, usesOf } from "./allowance.js";
import { kernelTexts } from "./kernels.js";

/** Together, of the kernels for all samples of `op`. */
export function usesOfOp(op: AnyOp): Uses {
  const uses = kernelTexts(op, op.samples).map(usesOf);
  const union = (lists: readonly (readonly string[])[]) => [...new Set(lists.flat())].sort();
  return { builtIns: union(uses.map((u) => u.builtIns)), replaced: union(uses.map((u) => u.replaced)) };
}

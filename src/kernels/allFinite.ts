// allFinite: a flag that is true while everything it is shown is finite.
import { DTypeError } from "../tensor/errors.js";
import { type Dispatch, defineOp, exact, type HostTensor, type Operand, type TensorInfo } from "../tensor/op.js";
import { sizeOf } from "../tensor/shape.js";
import { of } from "./lib/declare/sample.js";
import { combineFunctions } from "./lib/reduce/fold.js";
import { input, kernel, output, read, scratch, u32, write } from "./lib/text/kernel.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * Whether every element of `this` and `others` is finite, a bool scalar: keeps a bad batch from an update without
     * reading back. Throws DTypeError.
     * @internal
     */
    allFinite(others: readonly Tensor[]): Tensor;
  }
}

/** Tensors that a launch reads: with its result the eight buffers that every adapter grants. */
const TOGETHER = 7;
/** Elements that an invocation looks at before there are more workgroups, and the most of these. */
const CHAIN = 16;
const MAX_GROUPS = 256;

export const allFinite = defineOp({
  name: "allFinite",
  doc: "whether every element of some tensors is finite",
  inputs: ["...xs"],
  infer(inputs) {
    const other = (inputs as readonly TensorInfo[]).find(({ dtype }) => dtype !== "f32");
    if (other) throw new DTypeError(`allFinite: one is ${other.dtype}`, "only f32 can be infinite or NaN");
    return [{ shape: [], dtype: "bool" }];
  },
  // a few tensors a launch, each workgroup a part of them all; another launch joins what the workgroups found
  kernels({ inputs, caps }) {
    const lanes = caps.kind === "software" ? 32 : 256;
    const sources = (inputs as readonly TensorInfo[]).map(({ shape }, k) => ({
      operand: input(k),
      size: sizeOf(shape),
    }));
    const launches: Look[] = [];
    let parts = 0;
    for (let from = 0; from < sources.length; from += TOGETHER) {
      const some = sources.slice(from, from + TOGETHER);
      const most = Math.max(...some.map(({ size }) => size));
      const groups = Math.min(Math.max(1, Math.ceil(most / (lanes * CHAIN))), MAX_GROUPS);
      launches.push({ sources: some, type: "f32", good: "isFinite(x)", lanes, groups, start: parts });
      parts += groups;
    }
    if (parts === 1) return { dispatches: [look("allFinite", launches[0], output(0))] };
    const found = {
      sources: [{ operand: scratch(0), size: parts }],
      type: "u32",
      good: "x == 1u",
      lanes,
      groups: 1,
      start: 0,
    };
    const dispatches = launches.map((launch) => look("allFinite", launch, scratch(0)));
    return { dispatches: [...dispatches, look("allFinite/merge", found, output(0))], scratch: [4 * parts] };
  },
  reference: (xs) => [
    Float64Array.of(Number((xs as readonly HostTensor[]).every(({ data }) => data.every(Number.isFinite)))),
  ],
  tolerance: exact,
  cost: (xs) => ({ flops: 2 * (xs as readonly TensorInfo[]).reduce((sum, { shape }) => sum + sizeOf(shape), 0) }),
  samples: [
    of([3, 5]),
    of({ shape: [2], values: [0, Number.NaN] }),
    of({ shape: [4], values: [0, 3e38, -1 / 0, 1] }),
    of([9001]),
    of([0]),
    of([2, 3], [70, 65], [], [0], [1], [2], [3]),
    of(...Array.from({ length: 15 }, (_, k) => [k])),
    of(...Array.from({ length: 8 }, () => [3]), { shape: [300], values: [...Array(299).fill(1), 1 / 0] }),
    of([5000], { shape: [5000], values: [...Array(4999).fill(0), Number.NaN] }),
  ],
  errors: [
    { ...of({ shape: [3], dtype: "i32" }), throws: "DTypeError" },
    { ...of([3], { shape: [], dtype: "bool" }), throws: "DTypeError" },
  ],
});

/** What a launch looks at: arrays of `type`, of which an element `x` must be `good`. */
interface Look {
  readonly sources: readonly { readonly operand: Operand; readonly size: number }[];
  readonly type: string;
  readonly good: string;
  /** Of a workgroup. */
  readonly lanes: number;
  readonly groups: number;
  /** Where its workgroups' findings begin in the target. */
  readonly start: number;
}

function look(label: string, { sources, type, good, lanes, groups, start }: Look, target: Operand): Dispatch {
  const numbered = (text: (k: number) => string) => sources.map((_, k) => text(k)).join("\n");
  return kernel({
    label,
    about: `a workgroup of ${lanes} lanes takes its part of each tensor`,
    uniforms: {
      ...Object.fromEntries(sources.map(({ size }, k) => [`size${k}`, u32(size)])),
      step: u32(groups * lanes),
      start: u32(start),
    },
    bindings: {
      ...Object.fromEntries(sources.map(({ operand }, k) => [`x${k}`, read(type, operand)])),
      y: write("u32", target),
    },
    code: `fn good(x: ${type}) -> bool { return ${good}; }
${combineFunctions({ lanes, workgroup: lanes, shuffles: false }, [{ name: "both", type: "u32", merge: "a & b" }])}

@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let first = wg.x * ${lanes}u + lid;
  var mine = true;
${numbered((k) => `  for (var i = first; i < u.size${k}; i += u.step) { mine &= good(x${k}[i]); }`)}
  let all = both_all(u32(mine), lid);
  if (lid == 0u) { y[u.start + wg.x] = all; }
}`,
    groups,
  });
}

// Which kernels an op launches, by the kind of adapter: their names and algorithms over all of its samples.
import { type Caps, DEFAULT_CAPS } from "../../src/tensor/device/caps.js";
import type { AnyOp } from "../../src/tensor/op.js";
import { sizeOf } from "../../src/tensor/shape.js";
import { hostInputs } from "../../test/ops/lib/samples.js";

/** The classes of adapters that kernels tell apart, by what they can do. */
export const ADAPTERS: Readonly<Record<string, Caps>> = {
  "a GPU": DEFAULT_CAPS,
  "a GPU with subgroups": { ...DEFAULT_CAPS, subgroupSize: 32, f16: true },
  "a software adapter": { ...DEFAULT_CAPS, kind: "software" },
  "a software adapter with subgroups": { ...DEFAULT_CAPS, kind: "software", subgroupSize: 8, f16: true },
};

/** A kernel by its label, with the comment at the head of its text. */
export interface KernelUse {
  readonly label: string;
  readonly about: string;
  /** Adapters that run it; empty where all do. */
  readonly on: readonly string[];
  /** Whether it has a text with subgroup operations. */
  readonly subgroups: boolean;
}

/** The kernels of `op`, in the order in which its samples launch them. */
export function kernelUses(op: AnyOp): KernelUse[] {
  const texts = new Map<string, { about: string; on: Set<string>; subgroups: boolean }>();
  for (const [adapter, caps] of Object.entries(ADAPTERS)) {
    for (const { label, code } of sourcesOf(op, caps)) {
      const [first] = code.split("\n");
      const use = texts.get(label) ?? { about: first.replace(`// ${label}: `, ""), on: new Set(), subgroups: false };
      use.on.add(adapter);
      use.subgroups ||= code.includes("enable subgroups;");
      texts.set(label, use);
    }
  }
  const everywhere = Object.keys(ADAPTERS).length;
  return [...texts].map(([label, { about, on, subgroups }]) => ({
    label,
    about,
    on: on.size === everywhere ? [] : [...on],
    subgroups,
  }));
}

function sourcesOf(op: AnyOp, caps: Caps) {
  return op.samples.flatMap((sample, i) => {
    const inputs = hostInputs(op, sample, i);
    const params = op.params?.(inputs, ...(sample.args ?? []));
    const outputs = op.infer(inputs, params);
    if (outputs.every(({ shape }) => sizeOf(shape) === 0)) return [];
    return op.kernels?.({ inputs, outputs, params, caps }).dispatches.map(({ source }) => source) ?? [];
  });
}

// How a reduction walks a tensor: its dimensions collapsed into kept and reduced runs.
import { type Shape, sizeOf, stridesOf } from "../../../tensor/shape.js";

/** A collapsed dimension: its size and the distance of neighbours, in elements. */
export interface Run {
  readonly size: number;
  readonly stride: number;
}

/** Output i starts where the kept runs say; its elements lie along the outer runs and, innermost, along `inner`. */
export interface ReduceLayout {
  readonly outputs: number;
  /** Elements that each output is made of. */
  readonly count: number;
  /** Runs along `inner` that these are. */
  readonly runs: number;
  readonly kept: readonly Run[];
  readonly outer: readonly Run[];
  readonly inner: Run;
}

/** The layout of reducing `axes` of a row-major tensor. Neighbouring dimensions with the same fate become one. */
export function reduceLayout(shape: Shape, axes: Shape): ReduceLayout {
  const strides = stridesOf(shape);
  const runs: { size: number; stride: number; reduced: boolean }[] = [];
  for (const [d, size] of shape.entries()) {
    if (size === 1) continue;
    const last = runs.at(-1);
    const reduced = axes.includes(d);
    if (last?.reduced === reduced) {
      last.size *= size;
      last.stride = strides[d];
    } else runs.push({ size, stride: strides[d], reduced });
  }
  const kept = runs.filter((r) => !r.reduced);
  const reduced = runs.filter((r) => r.reduced);
  const inner = reduced.pop() ?? { size: 1, stride: 1 };
  const sizes = (list: readonly Run[]) => sizeOf(list.map((r) => r.size));
  return {
    outputs: sizes(kept),
    count: sizes(reduced) * inner.size,
    runs: sizes(reduced),
    kept,
    outer: reduced,
    inner,
  };
}

/** A WGSL function from an index to its offset along `runs`, whose sizes and strides are uniforms `<prefix>0`, `<prefix>0_stride`, … */
export function offsetFunction(name: string, prefix: string, runs: readonly Run[]): string {
  const steps = runs.map((_, d) => {
    const at = d === 0 ? "rest" : `(rest % u.${prefix}${d})`;
    const next = d === 0 ? "" : ` rest /= u.${prefix}${d};`;
    return `  at += ${at} * u.${prefix}${d}_stride;${next}`;
  });
  if (steps.length === 0) return `fn ${name}(i: u32) -> u32 { return 0u; }`;
  return `fn ${name}(i: u32) -> u32 {
  var rest = i;
  var at = 0u;
${steps.reverse().join("\n")}
  return at;
}`;
}

// Long sums as a shallow tree: nested loops, each of whose sums joins that of the loop around it; and how exact that is.

/** Elements that a lane folds one after the other. */
export const CHAIN = 128;
const FEW = 16; // parts that a single loop combines

/**
 * The most additions that an element passes through in a sum of `count` elements, which lie in `runs` contiguous runs.
 * It bounds the error of any elements: |got − Σx| ≤ sumDepth · 2⁻²⁴ · Σ|x| (Higham 2002, eq. 4.4, to first order), or twice
 * that where a driver rounds towards zero. A lane folds 128 elements, or a shorter run; one loop of up to 16 steps or three
 * of ∛blocks combine what it finds; up to 256 lanes join in a tree of 8; and what up to 256 tasks give is summed like that
 * again. With at most count / 128 + runs blocks, that is (128 + max(16, 3∛blocks + 3) + 8) + (128 + 2), rounded up.
 */
export function sumDepth(count: number, runs = 1): number {
  return Math.min(count, 290 + Math.ceil(3 * Math.cbrt(count / CHAIN + runs)));
}

/** Loops around each other that combine this many parts. */
const loopsFor = (parts: number): number => (parts > FEW ? 3 : 1);

/** Steps of each of three loops over `parts`: the uniform `span`. */
export const spanOf = (parts: number): number => Math.ceil(Math.cbrt(parts));

/** A value to sum up: `merge` is a WGSL function of two. */
export interface Sum {
  readonly name: string;
  readonly init: string;
  readonly merge: string;
}

/**
 * WGSL that combines blocks `first` to below `last`, at most `count`, into variables by the sums' names. `part` are
 * statements that leave what number `block` gives in `<name>_part`.
 */
export function cascade(count: number, sums: readonly Sum[], part: string): string {
  return loop(loopsFor(count), "first", "last", "", sums, part);
}

/** The loop with `depth - 1` others inside, from block `first` to below `last`, into `<name><suffix>`. */
function loop(depth: number, first: string, last: string, suffix: string, sums: readonly Sum[], part: string): string {
  const [block, stop, inner] =
    depth === 1 ? ["block", "", "_part"] : [`block${depth}`, `stop${depth}`, `_${depth - 1}`];
  const step = ["1u", "u.span", "u.span * u.span"][depth - 1];
  const nested = `  let ${stop} = min(${block} + ${step}, ${last});\n`;
  const lines = [
    ...sums.map(({ name, init }) => `var ${name}${suffix} = ${init};`),
    `for (var ${block} = ${first}; ${block} < ${last}; ${block} += ${step}) {`,
    depth === 1 ? part : nested + indent(loop(depth - 1, block, stop, inner, sums, part)),
    ...sums.map(({ name, merge }) => `  ${name}${suffix} = ${merge}(${name}${suffix}, ${name}${inner});`),
    "}",
  ];
  return lines.join("\n");
}

/** `text` two columns further right. */
export const indent = (text: string): string => text.replace(/^/gm, "  ");

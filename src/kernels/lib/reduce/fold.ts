// How many numbers become one: what is done with each, the lanes that share a row, and long sums as a shallow tree.
import type { Caps } from "../../../tensor/op.js";
import type { Uniform } from "../text/kernel.js";

/** What is done with the elements, as WGSL expressions. */
export interface Reducer {
  /** Type of what is carried along, and its start. */
  readonly state: string;
  readonly init: string;
  /** The state after one more element: of the state `s`, the elements, their number `i`, and what else is in scope. */
  readonly fold: string;
  /** Two states in one: of `a` and `b`. */
  readonly merge: string;
  /** The result: of the state `s` and the values of `each`; default `s`. Its type, where it is not that of the state. */
  readonly finish?: string;
  readonly result?: string;
  readonly functions?: string;
  readonly uniforms?: Readonly<Record<string, Uniform>>;
}

/** `lanes` neighbouring invocations of a workgroup of `workgroup` share a row. Both are powers of two. */
export interface Team {
  readonly lanes: number;
  readonly workgroup: number;
  /** Combine by subgroup shuffles; else through workgroup memory. */
  readonly shuffles: boolean;
}

/** A way to combine: `merge` is a WGSL expression of `a` and `b`, both of `type`. */
export interface Combine {
  readonly name: string;
  readonly type: string;
  readonly merge: string;
}

const LONG_ROW = 4096; // elements from which on a subgroup is too few lanes for a row on a GPU

/** The team for rows of `length` elements. A CPU rasteriser runs a subgroup in one vector register: no team is larger. */
export function teamFor(caps: Caps, length: number): Team {
  const { subgroupSize } = caps;
  if (subgroupSize > 0 && (caps.kind === "software" || length < LONG_ROW)) {
    const workgroup = Math.max(subgroupSize, caps.kind === "software" ? 32 : 128);
    return { lanes: subgroupSize, workgroup, shuffles: true };
  }
  const workgroup = 256;
  return { lanes: length >= 1024 ? workgroup : 32, workgroup, shuffles: false };
}

/** Rows that a workgroup handles at a time. */
export const teamsOf = ({ lanes, workgroup }: Team): number => workgroup / lanes;

/** The directive that `team` needs. */
export const enableOf = ({ shuffles }: Team): string => (shuffles ? "enable subgroups;" : "");

/**
 * For each way to combine a WGSL function `name(a, b)`, and `name_all(mine, lid)` that gives every lane the combination
 * over its team, in a fixed tree. `name_all` must be called in uniform control flow; `lid` is the local invocation index.
 */
export function combineFunctions(team: Team, combines: readonly Combine[]): string {
  return combines.map((c) => `${mergeFunction(c)}\n${overTeam(team, c)}`).join("\n");
}

/** The WGSL function `name(a, b)`. */
export const mergeFunction = ({ name, type, merge }: Combine): string =>
  `fn ${name}(a: ${type}, b: ${type}) -> ${type} { return ${merge}; }`;

function overTeam({ lanes, workgroup, shuffles }: Team, { name, type }: Combine): string {
  if (shuffles) {
    const steps: string[] = [];
    for (let d = lanes / 2; d >= 1; d /= 2) steps.push(`  all = ${name}(all, subgroupShuffleXor(all, ${d}u));`);
    return `fn ${name}_all(mine: ${type}, lid: u32) -> ${type} {
  var all = mine;
${steps.join("\n")}
  return all;
}`;
  }
  return `var<workgroup> ${name}_shared: array<${type}, ${workgroup}>;
fn ${name}_all(mine: ${type}, lid: u32) -> ${type} {
  let lane = lid % ${lanes}u;
  ${name}_shared[lid] = mine;
  workgroupBarrier();
  for (var d = ${lanes / 2}u; d > 0u; d /= 2u) {
    if (lane < d) { ${name}_shared[lid] = ${name}(${name}_shared[lid], ${name}_shared[lid + d]); }
    workgroupBarrier();
  }
  let all = ${name}_shared[lid - lane];
  workgroupBarrier(); // before the next call writes
  return all;
}`;
}

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

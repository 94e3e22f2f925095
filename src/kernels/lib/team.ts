// Lanes that work on one row together: how many of them, and how they combine what each has found.
import type { Caps } from "../../tensor/op.js";

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

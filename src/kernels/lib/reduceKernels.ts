// Launches that reduce dimensions of a tensor, in a fixed order: per output a sum of blocks, blocks in lanes, long ranges in two phases.
import type { Caps, Dispatch, Operand } from "../../tensor/op.js";
import { type Binding, kernel, read, type Uniform, u32, write } from "./kernel.js";
import { offsetFunction, type ReduceLayout, type Run, reduceLayout } from "./reduceLayout.js";
import { combineFunctions, enableOf, type Team, teamFor, teamsOf } from "./team.js";

/** What is done with the elements, as WGSL expressions. */
export interface Reducer {
  /** Type of what is carried along, and its start. */
  readonly state: string;
  readonly init: string;
  /** The state after one more element: of the state `s`, the element `x`, its number `i` and the values of `each`. */
  readonly fold: string;
  /** Two states in one: of `a` and `b`. */
  readonly merge: string;
  /** The result: of `s` and the values of `each`; default `s`. Its type, where it is not that of the state. */
  readonly finish?: string;
  readonly result?: string;
  readonly functions?: string;
  readonly uniforms?: Readonly<Record<string, Uniform>>;
}

/** One value per output that a reducer reads by name, such as the mean for a variance. */
export interface Each {
  readonly name: string;
  readonly type: string;
  readonly operand: Operand;
}

export interface ReduceCall {
  readonly label: string;
  readonly layout: ReduceLayout;
  /** WGSL types and buffers of elements and results. */
  readonly from: { readonly type: string; readonly operand: Operand };
  readonly to: { readonly type: string; readonly operand: Operand };
  readonly each?: readonly Each[];
  readonly reducer: Reducer;
  readonly caps: Caps;
  /** Where to keep partial results between two phases. */
  readonly partials: Operand;
}

/**
 * Elements that one lane, or the lanes of a team, fold before the block's result joins the total. The longest chain of
 * additions is thus BLOCK + blocks of a task + tasks of an output, for any length: the bound on the error of a sum.
 */
const BLOCK = 1024;
const MAX_SPLITS = 256;
const COLUMN_WORKGROUP = 64;

/** The launches, and the bytes that `partials` needs. */
export function reduceKernels(call: ReduceCall): { dispatches: Dispatch[]; partialBytes: number } {
  const { layout, caps, reducer } = call;
  const splits = splitsFor(caps, layout);
  if (splits === 1) return { dispatches: [reduceKernel(call, 1)], partialBytes: 0 };
  const partial = { type: reducer.state, operand: call.partials };
  const rows = isRows(layout);
  const first: ReduceCall = { ...call, to: partial, reducer: { ...reducer, finish: "s" } };
  const second: ReduceCall = {
    ...call,
    label: `${call.label}/merge`,
    layout: rows ? reduceLayout([layout.outputs, splits], [1]) : reduceLayout([splits, layout.outputs], [0]),
    from: partial,
    reducer: { ...reducer, fold: "merge(s, x)" },
  };
  const partialBytes = layout.outputs * splits * bytesOf(reducer.state);
  return { dispatches: [reduceKernel(first, splits), reduceKernel(second, 1)], partialBytes };
}

const bytesOf = (type: string): number => (type.startsWith("vec2") ? 8 : 4);

/** Whether the innermost reduced run is contiguous, so that a team reads it side by side; else lanes go along the kept ones. */
const isRows = ({ inner, count }: ReduceLayout): boolean => inner.stride === 1 && count > 1;

/** Blocks that make up one output. */
function blocksOf({ count, inner }: ReduceLayout): number {
  return count === 0 ? 0 : (count / inner.size) * Math.ceil(inner.size / BLOCK);
}

/** Tasks an output is split into: enough to occupy the adapter, none smaller than a few blocks. */
function splitsFor(caps: Caps, layout: ReduceLayout): number {
  const wanted = caps.kind === "software" ? 64 : 2048;
  const few = Math.ceil(wanted / Math.max(1, layout.outputs));
  return Math.max(1, Math.min(few, blocksOf(layout), Math.floor(layout.count / (2 * BLOCK)), MAX_SPLITS));
}

function reduceKernel(call: ReduceCall, splits: number): Dispatch {
  const { layout, reducer, each = [] } = call;
  const team: Team | null = isRows(layout) ? teamFor(call.caps, layout.inner.size) : null;
  const blocks = blocksOf(layout);
  const { state } = reducer;
  const lanes = team?.lanes ?? 1;
  const workgroup = team?.workgroup ?? COLUMN_WORKGROUP;
  const width = team && layout.inner.size % 4 === 0 && !call.from.type.startsWith("vec") ? 4 : 1;
  const tasks = layout.outputs * splits;
  const eachParams = each.map((e) => `, ${e.name}: ${e.type}`).join("");
  const eachValues = each.map((e) => `, ${e.name}_v`).join("");
  const bindings: Record<string, Binding> = {
    x: read(width === 4 ? `vec4<${call.from.type}>` : call.from.type, call.from.operand),
    ...Object.fromEntries(each.map((e) => [`${e.name}_in`, read(e.type, e.operand)])),
    out: write(call.to.type, call.to.operand),
  };
  const code = `const BLOCK = ${BLOCK}u;
const LANES = ${lanes}u; // that share an output
${reducer.functions ?? ""}
${team ? combineFunctions(team, [{ name: "merge", type: state, merge: reducer.merge }]) : `fn merge(a: ${state}, b: ${state}) -> ${state} { return ${reducer.merge}; }`}
fn fold(s: ${state}, x: ${call.from.type}, i: u32${eachParams}) -> ${state} { return ${reducer.fold}; }
fn finish(s: ${state}${eachParams}) -> ${call.to.type} { return ${reducer.finish ?? "s"}; }
${offsetFunction("start_of", "kept", layout.kept)}
${offsetFunction("run_of", "outer", layout.outer)}

@compute @workgroup_size(${workgroup})
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let task = group_index(wg, groups) * ${workgroup / lanes}u + lid / LANES;
  let lane = lid % LANES;
  let output = min(${team ? "task / u.splits" : "task % u.outputs"}, u.outputs - 1u);
  let split = ${team ? "task % u.splits" : "task / u.outputs"};
  let start = start_of(output);
${each.map((e) => `  let ${e.name}_v = ${e.name}_in[output];`).join("\n")}
  let first = min(split * u.blocks_per_task, u.blocks);
  let last = select(min(first + u.blocks_per_task, u.blocks), first, task >= u.tasks);
  var total = ${reducer.init};
  for (var b = first; b < last; b++) {
    let run = b / u.blocks_per_run;
    let begin = (b - run * u.blocks_per_run) * BLOCK;
    let end = min(begin + BLOCK, u.inner);
    let base = start + run_of(run);
    var part = ${reducer.init};
    for (var j = begin + lane${width === 4 ? " * 4u" : ""}; j < end; j += LANES${width === 4 ? " * 4u" : ""}) {
${foldLines(width, layout.inner, eachValues)}
    }
    total = merge(total, part);
  }
${team ? "  total = merge_all(total, lid);\n" : ""}  if (lane == 0u && task < u.tasks) { out[task] = finish(total${eachValues}); }
}`;
  return kernel({
    label: call.label,
    about: team
      ? `${lanes} lanes a contiguous run, ${width} element${width > 1 ? "s" : ""} a load`
      : "one lane an output, neighbouring outputs side by side",
    enable: team ? enableOf(team) : "",
    uniforms: {
      outputs: u32(layout.outputs),
      tasks: u32(tasks),
      splits: u32(splits),
      blocks: u32(blocks),
      blocks_per_task: u32(Math.ceil(blocks / splits)),
      blocks_per_run: u32(Math.max(1, Math.ceil(layout.inner.size / BLOCK))),
      inner: u32(layout.inner.size),
      inner_stride: u32(layout.inner.stride),
      ...runUniforms("kept", layout.kept),
      ...runUniforms("outer", layout.outer),
      ...reducer.uniforms,
    },
    bindings,
    code,
    groups: Math.ceil(tasks / (team ? teamsOf(team) : workgroup)),
  });
}

function foldLines(width: number, inner: Run, each: string): string {
  const number = "run * u.inner + j";
  if (width === 1) {
    return `      part = fold(part, x[base + j${inner.stride === 1 ? "" : " * u.inner_stride"}], ${number}${each});`;
  }
  const folds = ["x", "y", "z", "w"].map((c, k) => `      part = fold(part, v.${c}, ${number} + ${k}u${each});`);
  return `      let v = x[(base + j) / 4u];\n${folds.join("\n")}`;
}

function runUniforms(prefix: string, runs: readonly Run[]): Record<string, Uniform> {
  const entries = runs.flatMap(({ size, stride }, d) => [
    [`${prefix}${d}`, u32(size)],
    [`${prefix}${d}_stride`, u32(stride)],
  ]);
  return Object.fromEntries(entries);
}

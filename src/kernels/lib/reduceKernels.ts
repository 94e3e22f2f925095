// Launches that reduce dimensions of tensors, in a fixed order: blocks summed by lanes, blocks of a task, tasks of an output.
import type { Caps, Dispatch, Operand } from "../../tensor/op.js";
import { type Binding, kernel, read, type Uniform, u32, write } from "./kernel.js";
import { offsetFunction, type ReduceLayout, type Run, reduceLayout } from "./reduceLayout.js";
import { combineFunctions, enableOf, type Team, teamFor, teamsOf } from "./team.js";

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

/** An array that a reducer reads, of WGSL `type`. */
export interface Source {
  readonly type: string;
  readonly operand: Operand;
  /** For a value per output, where it is found: of `output`, the default. */
  readonly index?: string;
}

/** Where a result goes: an expression of the state `s` and the values of `each`. */
export interface Target {
  readonly type: string;
  readonly operand: Operand;
  readonly value: string;
}

export interface ReduceCall {
  readonly label: string;
  readonly layout: ReduceLayout;
  /** Arrays of the layout's shape, folded together, by name. */
  readonly elements: Readonly<Record<string, Source>>;
  /** One value per output, by name, such as the mean for a variance. */
  readonly each?: Readonly<Record<string, Source>>;
  /** One value per element number `i`, by name. */
  readonly along?: Readonly<Record<string, Source>>;
  readonly reducer: Reducer;
  readonly targets: readonly Target[];
  readonly uniforms?: Readonly<Record<string, Uniform>>;
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
  const first: ReduceCall = { ...call, targets: [{ ...partial, value: "s" }] };
  const second: ReduceCall = {
    ...call,
    label: `${call.label}/merge`,
    layout: rows ? reduceLayout([layout.outputs, splits], [1]) : reduceLayout([splits, layout.outputs], [0]),
    elements: { x: partial },
    along: {},
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
  const { layout, reducer, elements, each = {}, along = {}, targets } = call;
  const team = isRows(layout) ? teamFor(call.caps, layout.inner.size) : null;
  const lanes = team?.lanes ?? 1;
  const workgroup = team?.workgroup ?? COLUMN_WORKGROUP;
  const types = Object.values(elements).map(({ type }) => type);
  const width = team && layout.inner.size % 4 === 0 && !types.some((t) => t.startsWith("vec")) ? 4 : 1;
  const blocks = blocksOf(layout);
  const tasks = layout.outputs * splits;
  const bindings: Record<string, Binding> = {};
  for (const [name, { type, operand }] of Object.entries(elements)) {
    bindings[`${name}_in`] = read(width === 4 ? `vec4<${type}>` : type, operand);
  }
  for (const [name, { type, operand }] of Object.entries({ ...each, ...along })) {
    bindings[`${name}_in`] = read(type, operand);
  }
  for (const [k, { type, operand }] of targets.entries()) bindings[`out${k}`] = write(type, operand);
  const values = Object.keys(each).map((name) => `, ${name}`);
  const results = targets.map(({ value }, k) => `    out${k}[task] = ${value};`).join("\n");
  const code = `const BLOCK = ${BLOCK}u;
const LANES = ${lanes}u; // that share an output
${reducer.functions ?? ""}
${mergeFunctions(reducer, team)}
fn fold(s: ${reducer.state}, i: u32${parameters({ ...elements, ...along, ...each })}) -> ${reducer.state} {
  return ${reducer.fold};
}
${offsetFunction("start_of", "kept", layout.kept)}
${offsetFunction("run_of", "outer", layout.outer)}

@compute @workgroup_size(${workgroup})
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let task = group_index(wg, groups) * ${workgroup / lanes}u + lid / LANES;
  let lane = lid % LANES;
  let output = min(${team ? "task / u.splits" : "task % u.outputs"}, u.outputs - 1u);
  let split = ${team ? "task % u.splits" : "task / u.outputs"};
  let start = start_of(output);
${Object.entries(each)
  .map(([name, { index = "output" }]) => `  let ${name} = ${name}_in[${index}];`)
  .join("\n")}
  let first = min(split * u.blocks_per_task, u.blocks);
  let last = select(min(first + u.blocks_per_task, u.blocks), first, task >= u.tasks);
  var s = ${reducer.init};
  for (var b = first; b < last; b++) {
    let run = b / u.blocks_per_run;
    let begin = (b - run * u.blocks_per_run) * BLOCK;
    let end = min(begin + BLOCK, u.inner);
    let base = start + run_of(run);
    var part = ${reducer.init};
    for (var j = begin + lane${width === 4 ? " * 4u" : ""}; j < end; j += LANES${width === 4 ? " * 4u" : ""}) {
${foldLines(call, width, values.join(""))}
    }
    s = merge(s, part);
  }
${team ? "  s = merge_all(s, lid);\n" : ""}  if (lane == 0u && task < u.tasks) {
${results}
  }
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
      ...call.uniforms,
    },
    bindings,
    code,
    groups: Math.ceil(tasks / (team ? teamsOf(team) : workgroup)),
  });
}

function mergeFunctions({ state, merge }: Reducer, team: Team | null): string {
  if (team) return combineFunctions(team, [{ name: "merge", type: state, merge }]);
  return `fn merge(a: ${state}, b: ${state}) -> ${state} { return ${merge}; }`;
}

const parameters = (sources: Readonly<Record<string, Source>>): string =>
  Object.entries(sources)
    .map(([name, { type }]) => `, ${name}: ${type}`)
    .join("");

/** The inner loop's body: one element of each array, or four neighbouring ones. */
function foldLines({ elements, along = {}, layout }: ReduceCall, width: number, each: string): string {
  const names = Object.keys(elements);
  const number = "run * u.inner + j";
  const others = (i: string) =>
    Object.keys(along)
      .map((name) => `, ${name}_in[${i}]`)
      .join("");
  if (width === 1) {
    const values = names.map((name) => `, ${name}_in[at]`).join("");
    return `      let at = base + j${layout.inner.stride === 1 ? "" : " * u.inner_stride"};
      let i = ${number};
      part = fold(part, i${values}${others("i")}${each});`;
  }
  const folds = ["x", "y", "z", "w"].map((c, k) => {
    const i = k === 0 ? "i" : `i + ${k}u`;
    return `      part = fold(part, ${i}${names.map((name) => `, ${name}4.${c}`).join("")}${others(i)}${each});`;
  });
  return `      let at = (base + j) / 4u;
      let i = ${number};
${names.map((name) => `      let ${name}4 = ${name}_in[at];`).join("\n")}
${folds.join("\n")}`;
}

function runUniforms(prefix: string, runs: readonly Run[]): Record<string, Uniform> {
  const entries = runs.flatMap(({ size, stride }, d) => [
    [`${prefix}${d}`, u32(size)],
    [`${prefix}${d}_stride`, u32(stride)],
  ]);
  return Object.fromEntries(entries);
}

// The WGSL of a reduction: one kernel for contiguous runs, shared by a team, and for strided ones, a lane an output.
import type { Caps, Dispatch, Operand } from "../../../tensor/op.js";
import { type Binding, kernel, read, type Uniform, u32, write } from "../text/kernel.js";
import {
  cascade,
  combineFunctions,
  enableOf,
  indent,
  mergeFunction,
  type Reducer,
  spanOf,
  type Team,
  teamsOf,
} from "./fold.js";
import { offsetFunction, type ReduceLayout, type Run } from "./reduceLayout.js";

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

/** How a kernel shares the work: `lanes` to a run; `width` elements of a run, or `across` neighbouring outputs, a load. */
export interface WorkShape {
  readonly team: Team | null;
  readonly lanes: number;
  readonly workgroup: number;
  readonly width: 1 | 4;
  readonly across: 1 | 4;
  readonly block: number;
}

/** Blocks that make up one output. */
export function blocksOf({ count, inner }: ReduceLayout, block: number): number {
  return count === 0 ? 0 : (count / inner.size) * Math.ceil(inner.size / block);
}

/** The launch of `call`, each output split into `splits` tasks. */
export function reduceKernel(call: ReduceCall, shape: WorkShape, splits: number): Dispatch {
  const { layout, reducer } = call;
  const { team, lanes, workgroup, width, across, block } = shape;
  const blocks = blocksOf(layout, block);
  const perTask = Math.ceil(blocks / splits);
  const tasks = (layout.outputs / across) * splits;
  const about = team
    ? `${lanes} lanes a contiguous run, ${width} of its elements a load`
    : `${across} neighbouring outputs a lane, lanes side by side`;
  const code = `const BLOCK = ${block}u;
const LANES = ${lanes}u; // that share an output
${reducer.functions ?? ""}
${functions(call, team)}

@compute @workgroup_size(${workgroup})
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let task = group_index(wg, groups) * ${workgroup / lanes}u + lid / LANES;
  let lane = lid % LANES;
${team ? ROW_TASK : columnTask(across)}
  let first = min(split * u.blocks_per_task, u.blocks);
  let last = select(min(first + u.blocks_per_task, u.blocks), first, task >= u.tasks);
${body(call, shape, perTask)}
  if (lane == 0u && task < u.tasks) {
${stores(call, across)}
  }
}`;
  return kernel({
    label: call.label,
    about,
    enable: team ? enableOf(team) : "",
    uniforms: {
      outputs: u32(layout.outputs),
      tasks: u32(tasks),
      splits: u32(splits),
      blocks: u32(blocks),
      blocks_per_task: u32(perTask),
      span: u32(spanOf(perTask)),
      blocks_per_run: u32(Math.max(1, Math.ceil(layout.inner.size / block))),
      inner: u32(layout.inner.size),
      inner_stride: u32(layout.inner.stride),
      ...runUniforms("kept", layout.kept),
      ...runUniforms("outer", layout.outer),
      ...reducer.uniforms,
      ...call.uniforms,
    },
    bindings: bindings(call, shape),
    code,
    groups: Math.ceil(tasks / (team ? teamsOf(team) : workgroup)),
  });
}

/** Teams take the tasks of an output one after the other; lanes take neighbouring outputs. Idle ones repeat the last. */
const ROW_TASK = `  let output = min(task / u.splits, u.outputs - 1u);
  let split = task % u.splits;
  let slot = task;`;
const columnTask = (across: number): string => `  let per_split = u.outputs / ${across}u;
  let output = task % per_split * ${across}u;
  let split = min(task / per_split, u.splits - 1u);
  let slot = split * u.outputs + output;`;

const components = (count: number): number[] => Array.from({ length: count }, (_, k) => k);
const namesOf = (sources: Readonly<Record<string, Source>> = {}): string[] => Object.keys(sources);
const eachValues = ({ each }: ReduceCall, c: number): string =>
  namesOf(each)
    .map((name) => `, ${name}${c}`)
    .join("");

function bindings(
  { elements, each, along, targets }: ReduceCall,
  { width, across }: WorkShape,
): Record<string, Binding> {
  const vector = width === 4 || across === 4;
  const list: Record<string, Binding> = {};
  for (const [name, { type, operand }] of Object.entries(elements)) {
    list[`${name}_in`] = read(vector ? `vec4<${type}>` : type, operand);
  }
  for (const [name, { type, operand }] of Object.entries({ ...each, ...along }))
    list[`${name}_in`] = read(type, operand);
  for (const [k, { type, operand }] of targets.entries()) list[`out${k}`] = write(type, operand);
  return list;
}

/** The reducer's expressions as functions. */
function functions(
  { layout, reducer, elements, each = {}, along = {}, targets }: ReduceCall,
  team: Team | null,
): string {
  const { state, merge } = reducer;
  const combine = { name: "merge", type: state, merge };
  const parameters = (sources: Readonly<Record<string, Source>>) =>
    Object.entries(sources)
      .map(([name, { type }]) => `, ${name}: ${type}`)
      .join("");
  const parts = [
    team ? combineFunctions(team, [combine]) : mergeFunction(combine),
    `fn fold(s: ${state}, i: u32${parameters({ ...elements, ...along, ...each })}) -> ${state} { return ${reducer.fold}; }`,
    ...targets.map(
      ({ type, value }, k) => `fn value${k}(s: ${state}${parameters(each)}) -> ${type} { return ${value}; }`,
    ),
    ...Object.entries(each).map(
      ([name, { type, index = "output" }]) => `fn ${name}_of(output: u32) -> ${type} { return ${name}_in[${index}]; }`,
    ),
    offsetFunction("start_of", "kept", layout.kept),
    offsetFunction("run_of", "outer", layout.outer),
  ];
  return parts.join("\n");
}

function stores(call: ReduceCall, across: number): string {
  const lines = call.targets.flatMap((_, k) =>
    components(across).map((c) => `    out${k}[slot + ${c}u] = value${k}(s${c}${eachValues(call, c)});`),
  );
  return lines.join("\n");
}

/** The loops: over blocks, and within a block over the elements of this lane. */
function body(call: ReduceCall, { team, width, across }: WorkShape, perTask: number): string {
  const { reducer, each, elements, along, layout } = call;
  const states = components(across);
  const step = width === 4 ? " * 4u" : "";
  const stride = layout.inner.stride === 1 ? "" : " * u.inner_stride";
  const vector = width === 4 || across === 4;
  const element = (k: number) => namesOf(elements).map((name) => `, ${name}_v${vector ? `.${"xyzw"[k]}` : ""}`);
  const numbered = (i: string) => namesOf(along).map((name) => `, ${name}_in[${i}]`);
  const folds = components(Math.max(width, across)).map((k) => {
    const s = `s${across === 4 ? k : 0}_part`;
    const i = width === 4 ? `i + ${k}u` : "i";
    return `    ${s} = fold(${s}, ${i}${[...element(k), ...numbered(i)].join("")}${eachValues(call, across === 4 ? k : 0)});`;
  });
  const part = `  let run = block / u.blocks_per_run;
  let begin = (block - run * u.blocks_per_run) * BLOCK;
  let end = min(begin + BLOCK, u.inner);
  let base = start + run_of(run);
${states.map((c) => `  var s${c}_part = ${reducer.init};`).join("\n")}
  for (var j = begin + lane${step}; j < end; j += LANES${step}) {
    let i = run * u.inner + j;
    let at = ${vector ? `(base + j${stride}) / 4u` : `base + j${stride}`};
${namesOf(elements)
  .map((name) => `    let ${name}_v = ${name}_in[at];`)
  .join("\n")}
${folds.join("\n")}
  }`;
  const sums = states.map((c) => ({ name: `s${c}`, init: reducer.init, merge: "merge" }));
  return `${states.flatMap((c) => namesOf(each).map((name) => `  let ${name}${c} = ${name}_of(output + ${c}u);`)).join("\n")}
  let start = start_of(output);
${indent(cascade(perTask, sums, part))}
${team ? "  s0 = merge_all(s0, lid);" : ""}`;
}

function runUniforms(prefix: string, runs: readonly Run[]): Record<string, Uniform> {
  const entries = runs.flatMap(({ size, stride }, d) => [
    [`${prefix}${d}`, u32(size)],
    [`${prefix}${d}_stride`, u32(stride)],
  ]);
  return Object.fromEntries(entries);
}

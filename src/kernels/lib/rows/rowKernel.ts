// A launch that walks rows of tensors in passes: fold the row into values, then write a row or values.
import type { Caps, Dispatch, Operand } from "../../../tensor/op.js";
import {
  CHAIN,
  cascade,
  combineFunctions,
  enableOf,
  indent,
  mergeFunction,
  type Reducer,
  spanOf,
  type Team,
  teamFor,
} from "../reduce/fold.js";
import { type Binding, kernel, read, type Uniform, u32, write } from "../text/kernel.js";

/** `outer · inner` rows of `length` elements that lie `inner` apart: one dimension of a tensor, all others merged. */
export interface Rows {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

/** A buffer that holds rows (`row`), a value per row (`each`) or a value per element number (`column`). */
export interface RowBuffer {
  readonly kind: "row" | "each" | "column";
  readonly type: string;
  readonly operand: Operand;
  /** Where a value per row is found: of `row`, the default. */
  readonly index?: string;
}

/** A fold over the row; it reads the inputs at element `j`, per-row values and earlier results by name. */
export interface Pass extends Reducer {
  /** Fold over this many numbers `j` instead: of uniforms. It reads arrays as `<name>_in`, and `row`, but no row inputs. */
  readonly over?: string;
}

export interface RowCall {
  readonly label: string;
  readonly rows: Rows;
  readonly inputs: Readonly<Record<string, RowBuffer>>;
  readonly passes?: Readonly<Record<string, Pass>>;
  /** f32 values computed once a row, in order, from per-row inputs, results and each other. */
  readonly lets?: Readonly<Record<string, string>>;
  /** What is written, by expressions of all these, and for a row also of the inputs at `j`. */
  readonly outputs: Readonly<Record<string, RowBuffer & { readonly value: string }>>;
  readonly functions?: string;
  readonly uniforms?: Readonly<Record<string, Uniform>>;
  readonly caps: Caps;
}

const COLUMN_WORKGROUP = 64;

/** Contiguous rows get a team each, whose lanes read side by side; strided rows a lane each, with neighbours side by side. */
export function rowKernel(call: RowCall): Dispatch {
  const { outer, length, inner } = call.rows;
  const team: Team | null = inner === 1 ? teamFor(call.caps, length) : null;
  const lanes = team?.lanes ?? 1;
  const workgroup = team?.workgroup ?? COLUMN_WORKGROUP;
  const width = team && length % 4 === 0 ? 4 : 1;
  const rows = outer * inner;
  const blocks = Math.ceil(length / (CHAIN * lanes));
  const code = `const LANES = ${lanes}u; // that share a row
const BLOCK = ${CHAIN * lanes}u; // elements that they fold before the result joins others
${call.functions ?? ""}
${[...passFunctions(call, team), ...valueFunctions(call)].join("\n")}

@compute @workgroup_size(${workgroup})
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let task = group_index(wg, groups) * ${workgroup / lanes}u + lid / LANES;
  let lane = lid % LANES;
  let row = min(task, u.rows - 1u);
  let length = select(0u, u.length, task < u.rows); // teams beyond the last row idle
  let start = ${inner === 1 ? "row * u.length" : "row / u.inner * u.inner * u.length + row % u.inner"};
${body(call, { team, width, blocks })}
}`;
  return kernel({
    label: call.label,
    about: team
      ? `${lanes} lanes a row, ${width} of its elements a step`
      : "a lane a row, neighbouring rows side by side",
    enable: team ? enableOf(team) : "",
    uniforms: { rows: u32(rows), length: u32(length), inner: u32(inner), span: u32(spanOf(blocks)), ...call.uniforms },
    bindings: bindings(call, width),
    code,
    groups: Math.ceil(rows / (workgroup / lanes)),
  });
}

function bindings({ inputs, outputs }: RowCall, width: number): Record<string, Binding> {
  const typeOf = ({ kind, type }: RowBuffer) => (width === 4 && kind !== "each" ? `vec4<${type}>` : type);
  const ins = Object.entries(inputs).map(([name, b]) => [`${name}_in`, read(typeOf(b), b.operand)]);
  const outs = Object.entries(outputs).map(([name, b]) => [`${name}_out`, write(typeOf(b), b.operand)]);
  return Object.fromEntries([...ins, ...outs]);
}

type Names = readonly (readonly [name: string, type: string])[];
const parameters = (names: Names) => names.map(([name, type]) => `, ${name}: ${type}`).join("");
const values = (names: Names) => names.map(([name]) => `, ${name}`).join("");

const inputsOf = ({ inputs }: RowCall, ...kinds: string[]): Names =>
  Object.entries(inputs).flatMap(([name, b]) => (kinds.includes(b.kind) ? [[name, b.type] as const] : []));

/** Per-row inputs and the results of the first `count` passes. */
const known = (call: RowCall, count: number): Names => [
  ...inputsOf(call, "each"),
  ...Object.entries(call.passes ?? {})
    .slice(0, count)
    .map(([name, pass]) => [name, pass.result ?? pass.state] as const),
];

/** All that does not change along a row. */
const constants = (call: RowCall): Names => [
  ...known(call, Object.keys(call.passes ?? {}).length),
  ...Object.keys(call.lets ?? {}).map((name) => [name, "f32"] as const),
];

/** Row and column inputs, where the pass reads them. */
const elements = (call: RowCall, pass?: Pass): Names => (pass?.over ? [] : inputsOf(call, "row", "column"));

function passFunctions(call: RowCall, team: Team | null): string[] {
  return Object.entries(call.passes ?? {}).map(([name, pass], k) => {
    const { state, result = state } = pass;
    const scope = known(call, k);
    const combine = { name: `merge_${name}`, type: state, merge: pass.merge };
    const merge = team ? combineFunctions(team, [combine]) : mergeFunction(combine);
    return `${merge}
fn fold_${name}(s: ${state}, row: u32, j: u32${parameters([...elements(call, pass), ...scope])}) -> ${state} {
  return ${pass.fold};
}
fn finish_${name}(s: ${state}${parameters(scope)}) -> ${result} { return ${pass.finish ?? "s"}; }`.trim();
  });
}

function valueFunctions(call: RowCall): string[] {
  const scope = parameters([...elements(call), ...constants(call)]);
  return Object.entries(call.outputs)
    .filter(([, b]) => b.kind === "row")
    .map(([name, b]) => `fn value_${name}(j: u32${scope}) -> ${b.type} { return ${b.value}; }`);
}

function body(call: RowCall, walk: Walk): string {
  const each = Object.entries(call.inputs).filter(([, b]) => b.kind === "each");
  const lines = [
    ...(walk.blocks > 1 ? ["  let first = 0u;\n  let last = (length + BLOCK - 1u) / BLOCK;"] : []),
    ...each.map(([name, { index = "row" }]) => `  let ${name} = ${name}_in[${index}];`),
    ...Object.entries(call.passes ?? {}).map(([name, pass], k) => passLoop(call, walk, name, pass, k)),
    ...Object.entries(call.lets ?? {}).map(([name, value]) => `  let ${name} = ${value};`),
    ...writes(call, walk.width),
  ];
  return lines.join("\n");
}

/** A loop of this lane over its elements of the row: one a step, or four neighbours, whose values end in .x to .w. */
function loop(call: RowCall, width: number, statements: readonly string[], first = "", last = "length"): string {
  const at = `start + j${call.rows.inner === 1 ? "" : " * u.inner"}`;
  const loads = elements(call).map(([name]) => {
    const index = call.inputs[name].kind === "row" ? "at" : "j";
    return `    let ${name} = ${name}_in[${index}${width === 4 && index === "j" ? " / 4u" : ""}];`;
  });
  const step = width === 4 ? " * 4u" : "";
  return `  for (var j = ${first}lane${step}; j < ${last}; j += LANES${step}) {
    let at = ${width === 4 ? `(${at}) / 4u` : at};
${[...loads, ...statements].join("\n")}
  }`;
}

/** The arguments `j` and the elements, for component `k` of the step. */
const stepArguments = (names: Names, width: number, k: number): string =>
  width === 1 ? `j${values(names)}` : `j + ${k}u${names.map(([name]) => `, ${name}.${"xyzw"[k]}`).join("")}`;

const components = (width: number): number[] => Array.from({ length: width }, (_, k) => k);

/** How the lanes of a row walk it: `width` elements a step, and how many blocks it has. */
interface Walk {
  readonly team: Team | null;
  readonly width: number;
  readonly blocks: number;
}

function passLoop(call: RowCall, { team, width, blocks }: Walk, name: string, pass: Pass, k: number): string {
  const scope = values(known(call, k));
  const state = `${name}_s`;
  const start = (to: string) => `  var ${to} = ${pass.init};`;
  const fold = (to: string, step: string) => `    ${to} = fold_${name}(${to}, row, ${step}${scope});`;
  const folds = (to: string) => components(width).map((c) => fold(to, stepArguments(elements(call), width, c)));
  let all: string;
  if (pass.over) {
    all = `${start(state)}\n  for (var j = lane; j < ${pass.over}; j += LANES) {\n${fold(state, "j")}\n  }`;
  } else if (blocks <= 1) {
    all = `${start(state)}\n${loop(call, width, folds(state))}`;
  } else {
    const part = loop(call, width, folds(`${state}_part`), "block * BLOCK + ", "min((block + 1u) * BLOCK, length)");
    const sum = { name: state, init: pass.init, merge: `merge_${name}` };
    all = indent(cascade(blocks, [sum], `${start(`${state}_part`)}\n${part}`));
  }
  return `${all}
  let ${name} = finish_${name}(${team ? `merge_${name}_all(${state}, lid)` : state}${scope});`;
}

function writes(call: RowCall, width: number): string[] {
  const outputs = Object.entries(call.outputs);
  const rows = outputs
    .filter(([, b]) => b.kind === "row")
    .map(([name, { type }]) => {
      const calls = components(width).map(
        (c) => `value_${name}(${stepArguments(elements(call), width, c)}${values(constants(call))})`,
      );
      return `    ${name}_out[at] = ${width === 1 ? calls[0] : `vec4<${type}>(${calls.join(", ")})`};`;
    });
  const each = outputs.filter(([, b]) => b.kind === "each").map(([name, b]) => `    ${name}_out[row] = ${b.value};`);
  const parts: string[] = [];
  if (rows.length > 0) parts.push(loop(call, width, rows));
  if (each.length > 0) parts.push(`  if (lane == 0u && task < u.rows) {\n${each.join("\n")}\n  }`);
  return parts;
}

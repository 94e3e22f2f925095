// A launch that walks rows of a tensor in passes: fold the row into values, then write a row or a value.
import type { Caps, Dispatch, Operand } from "../../tensor/op.js";
import { type Binding, kernel, read, type Uniform, u32, write } from "./kernel.js";
import type { Reducer } from "./reduceKernels.js";
import { combineFunctions, enableOf, type Team, teamFor } from "./team.js";

/** `outer · inner` rows of `length` elements that lie `inner` apart: dimension `dim` of a tensor, all others merged. */
export interface Rows {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

/** A buffer read or written along the row, or with one value a row. */
export interface RowBuffer {
  readonly kind: "row" | "each";
  readonly type: string;
  readonly operand: Operand;
}

export interface RowCall {
  readonly label: string;
  readonly rows: Rows;
  readonly inputs: Readonly<Record<string, RowBuffer>>;
  /** Folds over the row, in order; the `fold` of each reads the inputs at element `j` and all results so far by name. */
  readonly passes: Readonly<Record<string, Reducer>>;
  /** What is written, by expressions of all results, and for a row also of the inputs at `j`. */
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
  const rows = outer * inner;
  const code = `const LANES = ${lanes}u; // that share a row
${call.functions ?? ""}
${passFunctions(call, team)}

@compute @workgroup_size(${workgroup})
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let task = group_index(wg, groups) * ${workgroup / lanes}u + lid / LANES;
  let lane = lid % LANES;
  let row = min(task, u.rows - 1u);
  let length = select(0u, u.length, task < u.rows); // teams beyond the last row idle
  let start = ${inner === 1 ? "row * u.length" : "row / u.inner * u.inner * u.length + row % u.inner"};
${loads(call, "each")}
${passLoops(call, team)}
${writes(call)}
}`;
  return kernel({
    label: call.label,
    about: team ? `${lanes} lanes a row` : "a lane a row, neighbouring rows side by side",
    enable: team ? enableOf(team) : "",
    uniforms: { rows: u32(rows), length: u32(length), inner: u32(inner), ...call.uniforms },
    bindings: bindings(call),
    code,
    groups: Math.ceil(rows / (workgroup / lanes)),
  });
}

function bindings({ inputs, outputs }: RowCall): Record<string, Binding> {
  const ins = Object.entries(inputs).map(([name, b]) => [`${name}_in`, read(b.type, b.operand)]);
  const outs = Object.entries(outputs).map(([name, b]) => [`${name}_out`, write(b.type, b.operand)]);
  return Object.fromEntries([...ins, ...outs]);
}

/** Values that a fold or an output may name, with their types: per-row inputs and earlier results, then inputs at `j`. */
function scope(
  { inputs, passes }: RowCall,
  before: number,
): { results: [string, string][]; elements: [string, string][] } {
  const of = (kind: string) =>
    Object.entries(inputs).flatMap(([name, b]): [string, string][] => (b.kind === kind ? [[name, b.type]] : []));
  const results = Object.entries(passes)
    .slice(0, before)
    .map(([name, p]): [string, string] => [name, p.result ?? p.state]);
  return { results: [...of("each"), ...results], elements: of("row") };
}

const parameters = (names: readonly [string, string][]) => names.map(([name, type]) => `, ${name}: ${type}`).join("");
const argumentsOf = (names: readonly [string, string][]) => names.map(([name]) => `, ${name}`).join("");

function passFunctions(call: RowCall, team: Team | null): string {
  return Object.entries(call.passes)
    .map(([name, pass], k) => {
      const { results, elements } = scope(call, k);
      const merge = { name: `merge_${name}`, type: pass.state, merge: pass.merge };
      const result = pass.result ?? pass.state;
      return `${team ? combineFunctions(team, [merge]) : ""}
fn fold_${name}(s: ${pass.state}, j: u32${parameters([...elements, ...results])}) -> ${pass.state} { return ${pass.fold}; }
fn finish_${name}(s: ${pass.state}${parameters(results)}) -> ${result} { return ${pass.finish ?? "s"}; }`.trim();
    })
    .join("\n");
}

function loads({ inputs }: RowCall, kind: "row" | "each"): string {
  return Object.entries(inputs)
    .filter(([, b]) => b.kind === kind)
    .map(([name]) => (kind === "row" ? `    let ${name} = ${name}_in[at];` : `  let ${name} = ${name}_in[row];`))
    .join("\n");
}

const LOOP = `  for (var j = lane; j < length; j += LANES) {
    let at = start + j * u.inner;`;

function passLoops(call: RowCall, team: Team | null): string {
  return Object.entries(call.passes)
    .map(([name, pass], k) => {
      const { results, elements } = scope(call, k);
      return `  var ${name}_s = ${pass.init};
${LOOP}
${loads(call, "row")}
    ${name}_s = fold_${name}(${name}_s, j${argumentsOf([...elements, ...results])});
  }
  let ${name} = finish_${name}(${team ? `merge_${name}_all(${name}_s, lid)` : `${name}_s`}${argumentsOf(results)});`;
    })
    .join("\n");
}

function writes(call: RowCall): string {
  const outputs = Object.entries(call.outputs);
  const rows = outputs.filter(([, b]) => b.kind === "row").map(([name, b]) => `    ${name}_out[at] = ${b.value};`);
  const each = outputs.filter(([, b]) => b.kind === "each").map(([name, b]) => `    ${name}_out[row] = ${b.value};`);
  const parts: string[] = [];
  if (rows.length > 0) parts.push(`${LOOP}\n${loads(call, "row")}\n${rows.join("\n")}\n  }`);
  if (each.length > 0) parts.push(`  if (lane == 0u && task < u.rows) {\n${each.join("\n")}\n  }`);
  return parts.join("\n");
}

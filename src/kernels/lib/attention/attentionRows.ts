// The WGSL that scaledDotProductAttention and its gradients share: threads that keep rows, and walk others together.
import type { Caps } from "../../../tensor/op.js";
import { f32, type Uniform, u32 } from "../text/kernel.js";
import { type Attention, type AttentionParams, halvesOf } from "./attention.js";

/** Threads of a workgroup: all are at the same key (or query), of one head. */
export const WORKGROUP = 32;

/** Whether rows fall into vectors of four. */
const inFours = ({ width, valueWidth }: Attention) => width % 4 === 0 && valueWidth % 4 === 0;

/** The element type of arrays of rows. */
export const elementOf = (a: Attention): string => (inFours(a) ? "vec4f" : "f32");

/** Sizes as the kernels read them; `rows` is what a thread has one of. */
export function attentionUniforms(
  a: Attention,
  { causal, scale }: AttentionParams,
  rows: number,
): Record<string, Uniform> {
  const { heads, group, queries, keys } = a;
  const { before, after } = halvesOf(scale);
  return {
    heads: u32(heads),
    group: u32(group),
    queries: u32(queries),
    keys: u32(keys),
    blocks: u32(Math.ceil(rows / WORKGROUP)),
    causal: u32(causal ? 1 : 0),
    before: f32(before),
    after: f32(after),
    width: u32(a.width / (inFours(a) ? 4 : 1)),
    value_width: u32(a.valueWidth / (inFours(a) ? 4 : 1)),
  };
}

/** Lanes that share the reading of a row: on a CPU a read costs more than all arithmetic with it. 1: each reads it all. */
const sharing = ({ kind, subgroupSize }: Caps): number =>
  kind === "software" && subgroupSize <= WORKGROUP ? Math.max(1, subgroupSize) : 1;

/** The directive that `alongRow` needs. */
export const enableOf = (caps: Caps): string => (sharing(caps) > 1 ? "enable subgroups;" : "");

/** WGSL: rows of q and k as `Row`, of v and y as `ValueRow`, both arrays of `V`. */
export function attentionFunctions(a: Attention, caps: Caps): string {
  const step = inFours(a) ? 4 : 1;
  const held = (width: number) => Math.max(1, Math.ceil(width / step / sharing(caps))) * sharing(caps);
  return `alias V = ${elementOf(a)};
const WIDTH = ${a.width / step}u;
const VALUE_WIDTH = ${a.valueWidth / step}u;
alias Row = array<V, ${held(a.width)}>; // zeros beyond the width
alias ValueRow = array<V, ${held(a.valueWidth)}>;
fn product(a: V, b: V) -> f32 { return ${inFours(a) ? "dot(a, b)" : "a * b"}; }`;
}

type Width = "width" | "value_width";
const typeOf = (width: Width) => (width === "width" ? "Row" : "ValueRow");

/**
 * WGSL: `factor` times row `row` of `array` as `name`. Loops over memory end at a uniform, so that no driver unrolls them: a read and a
 * write of each lane take longer to compile than all the rest.
 */
export function loadRow(name: string, array: string, row: string, factor: string, width: Width): string {
  return `  var ${name}_row: ${typeOf(width)};
  for (var d = 0u; d < u.${width}; d++) { ${name}_row[d] = ${array}[${row} * u.${width} + d] * ${factor}; }
  let ${name} = ${name}_row;`;
}

/** WGSL: `factor` times the elements of `name` as row `row` of `array`. */
export function storeRow(array: string, row: string, name: string, factor: string, width: Width): string {
  return `  var ${name}_row = ${name};
  for (var d = 0u; d < u.${width}; d++) { ${array}[${row} * u.${width} + d] = ${name}_row[d] * ${factor}; }`;
}

/** WGSL: `use`, of the number `d` and value `x`, for each element of row `row` of `array`, the same for all threads. */
export function alongRow(array: string, row: string, width: "WIDTH" | "VALUE_WIDTH", caps: Caps, use: string): string {
  const lanes = sharing(caps);
  if (lanes === 1) {
    return `    for (var d = 0u; d < ${width}; d++) { let x = ${array}[${row} * ${width} + d]; ${use} }`;
  }
  return `    for (var c = 0u; c < ${width}; c += ${lanes}u) {
      let at = c + lane % ${lanes}u;
      var mine = V();
      if (at < ${width}) { mine = ${array}[${row} * ${width} + at]; }
${Array.from({ length: lanes }, (_, e) => `      { let d = c + ${e}u; let x = subgroupBroadcast(mine, ${e}u); ${use} }`).join("\n")}
    }`;
}

// The kernel of the elementwise preset: four elements a step where memory order allows it, in a loop over the grid.
import { type DType, wgslType } from "../../../tensor/dtype.js";
import type { Caps, Plan, TensorInfo } from "../../../tensor/op.js";
import { broadcastStrides, type Shape, sizeOf } from "../../../tensor/shape.js";
import { gridGroups, gridLoop } from "../text/grid.js";
import { type Binding, input, kernel, output, read, type Uniform, u32, write } from "../text/kernel.js";
import { mergeDims, walk, walkUniforms } from "../text/walk.js";

/** An expression of named operands, one for each input of the op. */
export interface Expression {
  readonly label: string;
  readonly names: readonly string[];
  /** WGSL in the operands' names and uniforms as `u.name`. */
  readonly wgsl: string;
  /** WGSL functions that it calls. */
  readonly functions: string;
  readonly uniforms: Readonly<Record<string, Uniform>>;
}

/**
 * How an operand is read at step i. `flat`: at i. `scalar`: one value for all. `row`: the innermost dimension is in
 * step with the result, others may repeat. `column`: one value for the whole innermost dimension.
 */
type Access = "flat" | "scalar" | "row" | "column";

interface Reading {
  readonly access: Access;
  /** In elements that the binding has: vectors for `row`, scalars for `column`. */
  readonly strides: readonly number[];
}

/** The result's dimensions after merging, how many elements a step takes, and how each operand is read. */
interface Layout {
  readonly sizes: readonly number[];
  readonly width: 1 | 4;
  readonly readings: readonly Reading[];
}

/** The launch that computes `expression` into output 0. */
export function elementwisePlan(
  expression: Expression,
  inputs: readonly TensorInfo[],
  result: TensorInfo,
  caps: Caps,
): Plan {
  const { label, names, wgsl, functions } = expression;
  const { sizes, width, readings } = layoutOf(
    result.shape,
    inputs.map((t) => t.shape),
  );
  const steps = sizeOf(sizes);
  const uniforms: Record<string, Uniform> = { size: u32(steps), ...expression.uniforms };
  const bindings: Record<string, Binding> = {};
  for (const [i, { access }] of readings.entries()) {
    const wide = width === 4 && (access === "flat" || access === "row");
    bindings[`${names[i]}_in`] = read(storageType(inputs[i].dtype, wide), input(i));
  }
  bindings.out = write(storageType(result.dtype, width === 4), output(0));
  const strided = names.filter((_, i) => readings[i].strides.length > 0);
  const strides = Object.fromEntries(names.map((n, i) => [n, readings[i].strides]));
  if (strided.length > 0) Object.assign(uniforms, walkUniforms(sizes, strides));
  const body = [
    ...walk(strided, sizes.length),
    ...names.map((n, i) => `let ${n}_v = ${load(n, readings[i].access)};`),
    `out[i] = ${stored(names, inputs, result.dtype, width, readings)};`,
  ];
  const code = `${functions}
fn f(${names.map((n, i) => `${n}: ${valueType(inputs[i].dtype)}`).join(", ")}) -> ${valueType(result.dtype)} {
  return ${wgsl};
}
${gridLoop(body)}`;
  const reads = readings.map(({ access }) => access).join(", ");
  const about = `elementwise, ${width === 4 ? "four elements" : "one element"} a step (${reads})`;
  return { dispatches: [kernel({ label, about, uniforms, bindings, code, groups: gridGroups(steps, caps) })] };
}

const storageType = (dtype: DType, wide: boolean) => (wide ? `vec4<${wgslType(dtype)}>` : wgslType(dtype));
const valueType = (dtype: DType) => (dtype === "bool" ? "bool" : wgslType(dtype));

function load(name: string, access: Access): string {
  if (access === "flat") return `${name}_in[i]`;
  return access === "scalar" ? `${name}_in[0]` : `${name}_in[${name}_i]`;
}

/** The value to store: f called once, or once for each component. Stored bool is u32, compared on the way in. */
function stored(
  names: readonly string[],
  inputs: readonly TensorInfo[],
  dtype: DType,
  width: 1 | 4,
  readings: readonly Reading[],
): string {
  const call = (component: string) => {
    const values = names.map((name, i) => {
      const { access } = readings[i];
      const value = `${name}_v${access === "flat" || access === "row" ? component : ""}`;
      return inputs[i].dtype === "bool" ? `${value} != 0u` : value;
    });
    return dtype === "bool" ? `u32(f(${values.join(", ")}))` : `f(${values.join(", ")})`;
  };
  return width === 1 ? call("") : `vec4<${wgslType(dtype)}>(${[".x", ".y", ".z", ".w"].map(call).join(", ")})`;
}

/**
 * Most broadcasts become rank 2 or 3 by merging dimensions; along the innermost one a step takes four elements. A
 * result without repeated dimensions may end inside its last step: buffers are multiples of 16 bytes.
 */
function layoutOf(shape: Shape, operands: readonly Shape[]): Layout {
  const walking = operands.filter((s) => sizeOf(s) !== 1).map((s) => broadcastStrides(s, shape));
  const { sizes, strides: merged } = mergeDims(shape, walking);
  const inner = sizes.pop() ?? 1;
  const width = sizes.length === 0 || inner % 4 === 0 ? 4 : 1;
  let next = 0;
  const readings = operands.map((s): Reading => {
    if (sizeOf(s) === 1) return { access: "scalar", strides: [] };
    const strides = merged[next++];
    if (strides.length === 1) return { access: "flat", strides: [] };
    return strides.at(-1) === 0
      ? { access: "column", strides }
      : { access: "row", strides: [...strides.slice(0, -1).map((n) => n / width), 1] };
  });
  return { sizes: [...sizes, Math.ceil(inner / width)], width, readings };
}

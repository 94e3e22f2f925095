// The elementwise preset: an op is a WGSL expression of its inputs, with broadcasting.
import type { DType } from "../../tensor/dtype.js";
import { wgslType } from "../../tensor/dtype.js";
import { DTypeError } from "../../tensor/errors.js";
import type { HostTensor, Inputs, KernelContext, Op, Plan, TensorInfo } from "../../tensor/op.js";
import { broadcastShapes, broadcastStrides, type Shape, sameShape, sizeOf, stridesOf } from "../../tensor/shape.js";
import { type Binding, input, kernel, output, read, type Uniform, u32, write } from "./kernel.js";

/** What an elementwise op declares; the rest of `Op` follows from it. */
export interface Elementwise<P, A extends readonly unknown[]>
  extends Pick<Op<P, A>, "name" | "doc" | "params" | "vjp" | "saves" | "tolerance" | "samples" | "errors"> {
  /** Default `["x"]`. */
  readonly inputs?: readonly string[];
  /** dtypes taken, the same for all inputs but `bool` conditions; default f32 only. */
  readonly dtypes?: readonly DType[];
  /** Inputs that are conditions, whatever the dtype of the others. */
  readonly conditions?: readonly string[];
  /** Result dtype; default that of the first input that is no condition. */
  result?(dtype: DType, params: P): DType;
  /** A shape to broadcast to beside those of the inputs. */
  target?(params: P): Shape;
  /** The expression, in the inputs' names and uniforms as `u.name`; a string, or by dtype. */
  readonly wgsl: string | ((dtype: DType, params: P) => string);
  /** WGSL functions that the expression calls. */
  readonly functions?: string;
  /** Parameters that the expression reads as `u.name`. */
  uniforms?(params: P): Readonly<Record<string, Uniform>>;
  /** The same in float64. */
  value(operands: readonly number[], params: P, dtype: DType): number;
}

const WORKGROUP = 64;

/** An op from its expression. */
export function elementwise<P = undefined, A extends readonly unknown[] = []>(spec: Elementwise<P, A>): Op<P, A> {
  const names = spec.inputs ?? ["x"];
  const dtypeOf = (inputs: Inputs<TensorInfo>) =>
    (inputs.find((_, i) => !isCondition(spec, names[i])) as TensorInfo).dtype;
  return {
    ...spec,
    inputs: names,
    infer(inputs, params) {
      checkDTypes(spec, names, inputs as readonly TensorInfo[]);
      const shape = resultShape(spec, inputs as readonly TensorInfo[], params);
      const dtype = dtypeOf(inputs);
      return [{ shape, dtype: spec.result?.(dtype, params) ?? dtype }];
    },
    kernels: (context) => plan(spec, names, dtypeOf(context.inputs), context),
    reference: (inputs, params) => [reference(spec, inputs as readonly HostTensor[], params, dtypeOf(inputs))],
  };
}

function resultShape<P, A extends readonly unknown[]>(
  spec: Elementwise<P, A>,
  inputs: readonly TensorInfo[],
  params: P,
): Shape {
  const target = spec.target?.(params);
  return broadcastShapes(spec.name, ...inputs.map((t) => t.shape), ...(target ? [target] : []));
}

function isCondition<P, A extends readonly unknown[]>(spec: Elementwise<P, A>, name: string): boolean {
  return spec.conditions?.includes(name) ?? false;
}

function checkDTypes<P, A extends readonly unknown[]>(
  spec: Elementwise<P, A>,
  names: readonly string[],
  inputs: readonly TensorInfo[],
): void {
  const allowed = spec.dtypes ?? ["f32"];
  const values = inputs.filter((_, i) => !isCondition(spec, names[i]));
  for (const [i, { dtype }] of inputs.entries()) {
    const wanted: readonly DType[] = isCondition(spec, names[i]) ? ["bool"] : allowed;
    if (!wanted.includes(dtype))
      throw new DTypeError(`${spec.name}: ${names[i]} is ${dtype}`, `cast it to ${wanted.join(" or ")}`);
  }
  const odd = values.find(({ dtype }) => dtype !== values[0].dtype);
  if (odd) throw new DTypeError(`${spec.name}: dtypes ${values[0].dtype} and ${odd.dtype} differ`, "cast one of them");
}

/** How an operand is read: element by element, as one value for all, or through strides. */
type Access = "full" | "scalar" | "strided";

function accessOf(shape: Shape, target: Shape): Access {
  if (sizeOf(shape) === 1) return "scalar";
  return sameShape(
    shape.filter((n) => n !== 1),
    target.filter((n) => n !== 1),
  )
    ? "full"
    : "strided";
}

function plan<P, A extends readonly unknown[]>(
  spec: Elementwise<P, A>,
  names: readonly string[],
  dtype: DType,
  { inputs, outputs, params }: KernelContext<P>,
): Plan {
  const infos = inputs as readonly TensorInfo[];
  const { shape } = outputs[0];
  const size = sizeOf(shape);
  const accesses = infos.map((t) => accessOf(t.shape, shape));
  const width = size % 4 === 0 && !accesses.includes("strided") ? 4 : 1;
  const layout = collapse(
    shape,
    infos.filter((_, i) => accesses[i] === "strided").map((t) => t.shape),
  );
  let nextStrided = 0;
  const uniforms: Record<string, Uniform> = { size: u32(size / width), ...spec.uniforms?.(params) };
  const loads: string[] = [];
  const bindings: Record<string, Binding> = {};
  for (const [i, name] of names.entries()) {
    const type = wgslType(infos[i].dtype);
    bindings[`${name}_in`] = read(accesses[i] === "full" && width === 4 ? vector(type) : type, input(i));
    loads.push(`  let ${name}_v = ${load(name, accesses[i])};`);
    if (accesses[i] === "strided") Object.assign(uniforms, strideUniforms(name, layout.strides[nextStrided++]));
  }
  if (nextStrided > 0) for (const [d, n] of layout.sizes.entries()) uniforms[`n${d}`] = u32(n);
  const out = wgslType(outputs[0].dtype);
  bindings.out = write(width === 4 ? vector(out) : out, output(0));
  const strided = names.filter((_, i) => accesses[i] === "strided");
  const code = `${spec.functions ?? ""}
fn f(${names.map((n, i) => `${n}: ${valueType(infos[i].dtype)}`).join(", ")}) -> ${valueType(outputs[0].dtype)} {
  return ${typeof spec.wgsl === "string" ? spec.wgsl : spec.wgsl(dtype, params)};
}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = group_index(wg, groups) * ${WORKGROUP}u + lane;
  if (i >= u.size) { return; }
${nextStrided > 0 ? offsets(strided, layout.sizes.length) : ""}${loads.join("\n")}
  out[i] = ${width === 4 ? fourCalls(names, infos, accesses, outputs[0].dtype) : oneCall(names, infos, outputs[0].dtype)};
}`;
  const about = `elementwise, ${width === 4 ? "four elements" : "one element"} a thread (${accesses.join(", ")})`;
  return {
    dispatches: [
      kernel({ label: spec.name, about, uniforms, bindings, code, groups: Math.ceil(size / width / WORKGROUP) }),
    ],
  };
}

const vector = (type: string) => `vec4<${type}>`;
const valueType = (dtype: DType) => (dtype === "bool" ? "bool" : wgslType(dtype));

function load(name: string, access: Access): string {
  return { full: `${name}_in[i]`, scalar: `${name}_in[0]`, strided: `${name}_in[${name}_i]` }[access];
}

/** Stored bool is u32: compared on the way in, converted on the way out. */
function argument(name: string, dtype: DType, component = ""): string {
  return dtype === "bool" ? `${name}_v${component} != 0u` : `${name}_v${component}`;
}

function oneCall(names: readonly string[], infos: readonly TensorInfo[], result: DType): string {
  const call = `f(${names.map((n, i) => argument(n, infos[i].dtype)).join(", ")})`;
  return result === "bool" ? `u32(${call})` : call;
}

function fourCalls(
  names: readonly string[],
  infos: readonly TensorInfo[],
  accesses: readonly Access[],
  result: DType,
): string {
  const calls = ["x", "y", "z", "w"].map((c) => {
    const call = `f(${names.map((n, i) => argument(n, infos[i].dtype, accesses[i] === "full" ? `.${c}` : "")).join(", ")})`;
    return result === "bool" ? `u32(${call})` : call;
  });
  return `${vector(wgslType(result))}(${calls.join(", ")})`;
}

/** Splits `i` into coordinates, innermost first, and adds each operand's strides. */
function offsets(names: readonly string[], rank: number): string {
  const lines = ["  var rest = i;", ...names.map((n) => `  var ${n}_i = 0u;`)];
  for (let d = rank - 1; d >= 0; d--) {
    const coordinate = d === 0 ? "rest" : `rest % u.n${d}`;
    for (const n of names) lines.push(`  ${n}_i += (${coordinate}) * u.${n}_s${d};`);
    if (d > 0) lines.push(`  rest /= u.n${d};`);
  }
  return `${lines.join("\n")}\n`;
}

function strideUniforms(name: string, strides: readonly number[]): Record<string, Uniform> {
  return Object.fromEntries(strides.map((s, d) => [`${name}_s${d}`, u32(s)]));
}

/** Merges neighbouring dimensions that every operand walks alike: most broadcasts become rank 2 or 3. */
function collapse(shape: Shape, operands: readonly Shape[]): { sizes: number[]; strides: number[][] } {
  const strides = operands.map((s) => broadcastStrides(s, shape));
  const sizes: number[] = [];
  const merged: number[][] = operands.map(() => []);
  for (let d = 0; d < shape.length; d++) {
    if (shape[d] === 1) continue;
    const last = sizes.length - 1;
    if (last >= 0 && merged.every((m, k) => m[last] === strides[k][d] * shape[d])) {
      sizes[last] *= shape[d];
      for (const [k, m] of merged.entries()) m[last] = strides[k][d];
    } else {
      sizes.push(shape[d]);
      for (const [k, m] of merged.entries()) m.push(strides[k][d]);
    }
  }
  return { sizes, strides: merged };
}

function reference<P, A extends readonly unknown[]>(
  spec: Elementwise<P, A>,
  inputs: readonly HostTensor[],
  params: P,
  dtype: DType,
): Float64Array {
  const shape = resultShape(spec, inputs, params);
  const target = stridesOf(shape);
  const strides = inputs.map((t) => broadcastStrides(t.shape, shape));
  return Float64Array.from({ length: sizeOf(shape) }, (_, i) => {
    const operands = inputs.map(({ data }, k) => {
      let at = 0;
      for (let d = 0; d < shape.length; d++) at += (Math.floor(i / target[d]) % shape[d]) * strides[k][d];
      return data[at];
    });
    return spec.value(operands, params, dtype);
  });
}

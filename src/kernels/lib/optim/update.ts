// The update preset: an optimiser's rule for one parameter, fused into a launch that gives the new parameter and state.
import { DTypeError, ShapeError } from "../../../tensor/errors.js";
import type { Dispatch, HostTensor, Inputs, KernelContext, Op, Plan, TensorInfo } from "../../../tensor/op.js";
import { formatShape, sameShape, sizeOf } from "../../../tensor/shape.js";
import { drawOne, isFloat } from "../declare/draw.js";
import { type Binding, input, kernel, output, read, scratch, type Uniform, u32, write } from "../text/kernel.js";

/** What an update declares; the rest of `Op` follows from it. Inputs are `p`, `g`, the states, the scalars and `ok`. */
export interface Update<P, A extends readonly unknown[]>
  extends Pick<Op<P, A>, "name" | "doc" | "options" | "params" | "tolerance" | "samples" | "errors"> {
  /** Tensors like p that are updated with it. */
  readonly states: readonly string[];
  /** f32 scalars, such as the learning rate: data, so that a captured step reads them anew. */
  readonly scalars: readonly string[];
  /** WGSL statements on `p`, `g`, the states (variables of type `V`) and the scalars; they assign `p` and the states. */
  wgsl(params: P): string;
  readonly functions?: string;
  uniforms?(params: P): Readonly<Record<string, Uniform>>;
  /** New values of p and the states, in that order, in float64. */
  value(values: Readonly<Record<string, number>>, params: P): readonly number[];
  /** Arithmetic operations an element, for benchmarks. */
  readonly flops: number;
}

const WORKGROUP = 64;
const MAX_BINDINGS = 8; // storage buffers that every adapter grants a kernel

/** An update op: outputs are the new p and states; where the bool scalar `ok` is false they equal the old ones. */
export function update<P, A extends readonly unknown[]>(spec: Update<P, A>): Op<P, A> {
  const outputs = ["p", ...spec.states];
  const inputs = ["p", "g", ...spec.states, ...spec.scalars, "ok"];
  return {
    ...spec,
    noDerivative: "an update of parameters: nothing is learnt through it",
    inputs,
    outputs: outputs.map((name) => `${name}Next`),
    infer(infos) {
      checkInputs(spec, inputs, infos as readonly TensorInfo[]);
      const { shape } = infos[0] as TensorInfo;
      return outputs.map(() => ({ shape, dtype: "f32" as const }));
    },
    kernels: (context) => plan(spec, inputs, outputs, context),
    reference: (tensors, params) => reference(spec, inputs, outputs, tensors, params),
    // scalars and options as one of the samples has them
    draw(p, choose) {
      const { inputs: given, args = [] } = drawOne(spec.samples, choose);
      const states = spec.states.map(() => ({ shape: p.shape, range: [0, 2] as const }));
      return isFloat(p) ? { inputs: [p, p.shape, ...states, ...given.slice(2 + states.length)], args } : null;
    },
    cost: ([p]) => ({ flops: spec.flops * sizeOf((p as TensorInfo).shape) }),
  };
}

function checkInputs<P, A extends readonly unknown[]>(
  { name, scalars }: Update<P, A>,
  inputs: readonly string[],
  infos: readonly TensorInfo[],
): void {
  for (const [i, { shape, dtype }] of infos.entries()) {
    const wanted = inputs[i] === "ok" ? "bool" : "f32";
    if (dtype !== wanted) throw new DTypeError(`${name}: ${inputs[i]} is ${dtype}`, `cast it to ${wanted}`);
    const fits = inputs[i] === "ok" || scalars.includes(inputs[i]) ? [] : infos[0].shape;
    if (!sameShape(shape, fits)) {
      throw new ShapeError(
        `${name}: ${inputs[i]} is ${formatShape(shape)}, not ${formatShape(fits)}`,
        "shapes must agree",
      );
    }
  }
}

function plan<P, A extends readonly unknown[]>(
  spec: Update<P, A>,
  inputs: readonly string[],
  outputs: readonly string[],
  { inputs: infos, params }: KernelContext<P>,
): Plan {
  const size = sizeOf((infos[0] as TensorInfo).shape);
  const width = size % 4 === 0 ? 4 : 1;
  const vector = width === 4 ? "vec4f" : "f32";
  const scalars = [...spec.scalars, "ok"];
  const packed = inputs.length + outputs.length > MAX_BINDINGS ? packScalars(spec.name, inputs, scalars) : null;
  const bindings: Record<string, Binding> = packed ? { scalars: read("u32", scratch(0)) } : {};
  for (const [i, name] of inputs.entries()) {
    if (!scalars.includes(name)) bindings[`${name}_in`] = read(vector, input(i));
    else if (!packed) bindings[`${name}_in`] = read("u32", input(i));
  }
  for (const [i, name] of outputs.entries()) bindings[`${name}_out`] = write(vector, output(i));
  const load = (name: string) => {
    if (!scalars.includes(name)) return `  ${outputs.includes(name) ? "var" : "let"} ${name} = ${name}_in[i];`;
    const bits = packed ? `scalars[${scalars.indexOf(name)}]` : `${name}_in[0]`;
    return `  let ${name} = ${name === "ok" ? `${bits} != 0u` : `bitcast<f32>(${bits})`};`;
  };
  const code = `alias V = ${vector};
${spec.functions ?? ""}
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = group_index(wg, groups) * ${WORKGROUP}u + lid;
  if (i >= u.size) { return; }
${inputs.map(load).join("\n")}
${spec.wgsl(params)}
${outputs.map((name) => `  ${name}_out[i] = select(${name}_in[i], ${name}, ok);`).join("\n")}
}`;
  const about = `a thread for ${width === 4 ? "four elements" : "an element"} of the parameter`;
  const uniforms = { size: u32(size / width), ...spec.uniforms?.(params) };
  const groups = Math.ceil(size / width / WORKGROUP);
  const step = kernel({ label: spec.name, about, uniforms, bindings, code, groups });
  return packed ? { dispatches: [packed, step], scratch: [4 * scalars.length] } : { dispatches: [step] };
}

/** Gathers the scalars, as bits, in one buffer. */
function packScalars(op: string, inputs: readonly string[], scalars: readonly string[]): Dispatch {
  const sources = scalars.map((name) => [`${name}_in`, read("u32", input(inputs.indexOf(name)))]);
  return kernel({
    label: `${op}/scalars`,
    about: "the scalars side by side, since all tensors of the step would exceed the bindings of a kernel",
    uniforms: {},
    bindings: { ...Object.fromEntries(sources), scalars: write("u32", scratch(0)) },
    code: `@compute @workgroup_size(1)
fn main() {
${scalars.map((name, k) => `  scalars[${k}] = ${name}_in[0];`).join("\n")}
}`,
    groups: 1,
  });
}

function reference<P, A extends readonly unknown[]>(
  { value }: Update<P, A>,
  inputs: readonly string[],
  outputs: readonly string[],
  tensors: Inputs<HostTensor>,
  params: P,
): Float64Array[] {
  const hosts = tensors as readonly HostTensor[];
  const { length } = hosts[0].data;
  const results = outputs.map(() => new Float64Array(length));
  for (let i = 0; i < length; i++) {
    const values = Object.fromEntries(inputs.map((name, k) => [name, hosts[k].data[hosts[k].shape.length ? i : 0]]));
    const next = values.ok ? value(values, params) : outputs.map((name) => values[name]);
    for (const [k, v] of next.entries()) results[k][i] = v;
  }
  return results;
}

// The elementwise preset: an op is a WGSL expression of its inputs, with broadcasting.
import { type DType, wrapped } from "../../../tensor/dtype.js";
import { DTypeError } from "../../../tensor/errors.js";
import type { Choose, HostTensor, Inputs, Op, Sample, SampleTensor, TensorInfo } from "../../../tensor/op.js";
import { broadcastShapes, broadcastStrides, type Shape, sizeOf, stridesOf } from "../../../tensor/shape.js";
import { drawBroadcast, drawOne } from "../declare/draw.js";
import type { Uniform } from "../text/kernel.js";
import { elementwisePlan } from "./elementwiseKernel.js";

/** What an elementwise op declares; the rest of `Op` follows from it. */
export interface Elementwise<P, A extends readonly unknown[]>
  extends Pick<
    Op<P, A>,
    "name" | "doc" | "params" | "vjp" | "saves" | "tolerance" | "domain" | "samples" | "draw" | "errors" | "bench"
  > {
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
  uniforms?(params: P, dtype: DType): Readonly<Record<string, Uniform>>;
  /** The same in float64; integers may pass the ends of their range, where they wrap. */
  value(operands: readonly number[], params: P, dtype: DType): number;
}

const MAX_F32 = 2 ** 128 - 2 ** 104;
const ALL = [-MAX_F32, MAX_F32] as const;

/** An op from its expression. */
export function elementwise<P = undefined, A extends readonly unknown[] = []>(spec: Elementwise<P, A>): Op<P, A> {
  const names = spec.inputs ?? ["x"];
  const dtypeOf = (inputs: Inputs<TensorInfo>) =>
    (inputs.find((_, i) => !isCondition(spec, names[i])) as TensorInfo).dtype;
  const domain = Object.fromEntries(names.map((name) => [name, spec.domain?.[name] ?? ALL]));
  return {
    draw: (x, choose) => draw(spec, names, x, choose),
    ...spec,
    inputs: names,
    ...(!spec.target && { domain }), // an expression alone may be called at any shape
    infer(inputs, params) {
      checkDTypes(spec, names, inputs as readonly TensorInfo[]);
      const shape = resultShape(spec, inputs as readonly TensorInfo[], params);
      const dtype = dtypeOf(inputs);
      return [{ shape, dtype: spec.result?.(dtype, params) ?? dtype }];
    },
    kernels({ inputs, outputs, params, caps }) {
      const dtype = dtypeOf(inputs);
      const wgsl = typeof spec.wgsl === "string" ? spec.wgsl : spec.wgsl(dtype, params);
      const uniforms = spec.uniforms?.(params, dtype) ?? {};
      const expression = { label: spec.name, names, wgsl, functions: spec.functions ?? "", uniforms };
      return elementwisePlan(expression, inputs as readonly TensorInfo[], outputs[0], caps);
    },
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

/** Operands that broadcast with `x`; no arguments. */
function draw<P, A extends readonly unknown[]>(
  spec: Elementwise<P, A>,
  names: readonly string[],
  x: TensorInfo,
  choose: Choose,
): Sample | null {
  const allowed = dtypesOf(spec, names[0]);
  if (!allowed.includes(x.dtype)) return null;
  const values = isCondition(spec, names[0]) ? drawOne(spec.dtypes ?? (["f32"] as const), choose) : x.dtype;
  const others = names.slice(1).map((name): SampleTensor => {
    const shape = drawBroadcast(x.shape, choose);
    return { shape, dtype: isCondition(spec, name) ? "bool" : values };
  });
  return { inputs: [x, ...others] };
}

/** What the input `name` may be. */
function dtypesOf<P, A extends readonly unknown[]>(spec: Elementwise<P, A>, name: string): readonly DType[] {
  return isCondition(spec, name) ? ["bool"] : (spec.dtypes ?? ["f32"]);
}

function checkDTypes<P, A extends readonly unknown[]>(
  spec: Elementwise<P, A>,
  names: readonly string[],
  inputs: readonly TensorInfo[],
): void {
  const values = inputs.filter((_, i) => !isCondition(spec, names[i]));
  for (const [i, { dtype }] of inputs.entries()) {
    const wanted = dtypesOf(spec, names[i]);
    if (!wanted.includes(dtype))
      throw new DTypeError(`${spec.name}: ${names[i]} is ${dtype}`, `cast it to ${wanted.join(" or ")}`);
  }
  const odd = values.find(({ dtype }) => dtype !== values[0].dtype);
  if (odd) throw new DTypeError(`${spec.name}: dtypes ${values[0].dtype} and ${odd.dtype} differ`, "cast one of them");
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
  const result = spec.result?.(dtype, params) ?? dtype;
  return Float64Array.from({ length: sizeOf(shape) }, (_, i) => {
    const operands = inputs.map(({ data }, k) => {
      let at = 0;
      for (let d = 0; d < shape.length; d++) at += (Math.floor(i / target[d]) % shape[d]) * strides[k][d];
      return data[at];
    });
    return wrapped(result, spec.value(operands, params, dtype));
  });
}

// Losses of class scores [..., C] against class indices [...]: a loss a row, then none, sum or mean over the rows that count.
import { checkInteger, formatValue } from "../../../tensor/arguments.js";
import { ConfigError, DTypeError, ShapeError } from "../../../tensor/errors.js";
import type {
  HostTensor,
  Inputs,
  KernelContext,
  Op,
  Plan,
  SampleTensor,
  TensorInfo,
  Tolerance,
} from "../../../tensor/op.js";
import { given } from "../../../tensor/options.js";
import { formatShape, type Shape, sameShape, sizeOf } from "../../../tensor/shape.js";
import type { Tensor } from "../../../tensor/tensor.js";
import { drawOne } from "../declare/draw.js";
import type { Reducer } from "../reduce/fold.js";
import { reduceKernels } from "../reduce/reduceKernels.js";
import { reduceLayout } from "../reduce/reduceLayout.js";
import { sumError } from "../reduce/reduction.js";
import { i32, input, output, scratch, type Uniform } from "../text/kernel.js";
import { type RowCall, rowKernel } from "./rowKernel.js";
import { rowsOf } from "./rowwise.js";

/** How targets are read and reduced. */
export interface ClassLossOptions {
  /** Rows with this target count for nothing; default −100. */
  ignoreIndex?: number;
  /** `mean` over the rows that count (default), their `sum`, or `none`: a loss a row. */
  reduction?: "mean" | "sum" | "none";
}

export const CLASS_LOSS_OPTIONS = ["ignoreIndex", "reduction"] as const satisfies (keyof ClassLossOptions)[];

export interface ClassLossParams {
  readonly ignoreIndex: number;
  readonly reduction: "mean" | "sum" | "none";
}

/** Checked options. */
export function classLossParams(op: string, options: ClassLossOptions | undefined): ClassLossParams {
  const { ignoreIndex = -100, reduction = "mean" } = given(op, options);
  if (!["mean", "sum", "none"].includes(reduction)) {
    throw new ConfigError(`${op}: reduction is ${formatValue(reduction)}`, "use mean, sum or none");
  }
  return { ignoreIndex: checkInteger(op, "ignoreIndex", ignoreIndex), reduction };
}

/** What a class loss declares. */
export interface ClassLoss<P extends ClassLossParams, A extends readonly unknown[]>
  extends Pick<Op<P, A>, "name" | "doc" | "options" | "samples" | "errors"> {
  params(inputs: Inputs<TensorInfo>, ...args: A): P;
  /** Passes over the scores `x`, with the target as `label`; the last, `loss`, is the row's loss. */
  passes(params: P, classes: number): Readonly<Record<string, Reducer>>;
  readonly functions?: string;
  uniforms?(params: P, classes: number): Readonly<Record<string, Uniform>>;
  /** The loss of a row whose target is a class, in float64. */
  row(x: Float64Array, target: number, params: P): number;
  /** The gradient by x, from the gradient of each row's loss. */
  backward(g: Tensor, x: Tensor, target: Tensor, params: P): Tensor;
  rowTolerance(classes: number): Tolerance;
}

/** A class loss from the loss of a row. A target that is no class and not ignored gives NaN: the device cannot throw. */
export function classLoss<P extends ClassLossParams, A extends readonly unknown[]>(spec: ClassLoss<P, A>): Op<P, A> {
  return {
    ...spec,
    inputs: ["x", "target"],
    draw({ shape, dtype }, choose) {
      const classes = shape.at(-1) ?? 0;
      if (dtype !== "f32" || classes === 0) return null;
      const target: SampleTensor = { shape: shape.slice(0, -1), dtype: "i32", range: [0, classes] };
      const reduction = drawOne(["mean", "sum", "none"], choose);
      return { inputs: [{ shape, dtype }, target], args: [{ reduction, ignoreIndex: choose(2) === 1 ? 0 : -100 }] };
    },
    infer([x, target], { reduction }) {
      const rows = checkInputs(spec.name, x as TensorInfo, target as TensorInfo);
      return [{ shape: reduction === "none" ? rows : [], dtype: "f32" }];
    },
    kernels: (context) => plan(spec, context),
    reference: ([x, target], params) => [reference(spec, x as HostTensor, target as HostTensor, params)],
    saves: ["x", "target"],
    vjp(g, { x, target }, { params }) {
      const { reduction, ignoreIndex } = params;
      const counted = () => target.ne(ignoreIndex).cast("f32").sum();
      const rows = reduction === "mean" ? g.div(counted()) : g;
      return [spec.backward(rows.broadcastTo(target.shape), x, target, params), null];
    },
    tolerance([x, target], { reduction }) {
      const { ulp, abs } = spec.rowTolerance((x as TensorInfo).shape.at(-1) ?? 1);
      const rows = sizeOf((target as TensorInfo).shape);
      if (reduction === "none") return { ulp, abs };
      // losses of both signs may cancel; the mean's division is within 3 ULP
      return reduction === "sum"
        ? { ulp, abs: abs * rows + sumError(rows) }
        : { ulp: ulp + 3, abs: abs + sumError(rows) / Math.max(1, rows) };
    },
    cost: ([x]) => ({ flops: 6 * sizeOf((x as TensorInfo).shape) }),
  };
}

/** The shape of the rows. */
function checkInputs(op: string, x: TensorInfo, target: TensorInfo): Shape {
  if (x.dtype !== "f32") throw new DTypeError(`${op}: x is ${x.dtype}`, "cast it to f32");
  if (target.dtype !== "i32") throw new DTypeError(`${op}: target is ${target.dtype}`, "cast it to i32: class indices");
  const rows = x.shape.slice(0, -1);
  if (x.shape.length === 0 || !sameShape(target.shape, rows)) {
    throw new ShapeError(
      `${op}: target ${formatShape(target.shape)} does not fit scores ${formatShape(x.shape)}`,
      "scores are [..., C], and target has one class index for each of their rows",
    );
  }
  return rows;
}

function plan<P extends ClassLossParams, A extends readonly unknown[]>(
  spec: ClassLoss<P, A>,
  { inputs, params, caps }: KernelContext<P>,
): Plan {
  const { shape } = inputs[0] as TensorInfo;
  const classes = shape.at(-1) as number;
  const each = params.reduction === "none";
  const call: Omit<RowCall, "outputs"> = {
    label: spec.name,
    rows: rowsOf(shape, shape.length - 1),
    inputs: {
      x: { kind: "row", type: "f32", operand: input(0) },
      label: { kind: "each", type: "i32", operand: input(1) },
    },
    passes: spec.passes(params, classes),
    functions: `${spec.functions ?? ""}\n${ROW_LOSS}`,
    uniforms: { ignore: i32(params.ignoreIndex), ...spec.uniforms?.(params, classes) },
    caps,
  };
  const value = "row_loss(loss, label)";
  if (each) {
    return {
      dispatches: [
        rowKernel({ ...call, outputs: { y: { kind: "each", type: "f32", operand: output(0), value: `${value}.x` } } }),
      ],
    };
  }
  const rowLosses = { type: "vec2f", operand: scratch(0) };
  const rows = sizeOf(shape.slice(0, -1));
  const total = reduceKernels({
    label: `${spec.name}/${params.reduction}`,
    layout: reduceLayout([rows], [0]),
    elements: { x: rowLosses },
    reducer: { state: "vec2f", init: "vec2f(0.0)", fold: "s + x", merge: "a + b" },
    targets: [{ type: "f32", operand: output(0), value: params.reduction === "mean" ? "s.x / s.y" : "s.x" }],
    caps,
    partials: scratch(1),
  });
  const first = rowKernel({ ...call, outputs: { y: { kind: "each", ...rowLosses, value } } });
  return { dispatches: [...(rows > 0 ? [first] : []), ...total.dispatches], scratch: [8 * rows, total.partialBytes] };
}

const ROW_LOSS = `
/// The row's loss, and 1 if it counts.
fn row_loss(loss: f32, label: i32) -> vec2f {
  let known = label >= 0 && label < i32(u.length);
  let valid = select(bitcast<f32>(0x7fc00000u | u32(label)), loss, known);
  return select(vec2f(valid, 1.0), vec2f(0.0), label == u.ignore);
}`;

function reference<P extends ClassLossParams, A extends readonly unknown[]>(
  spec: ClassLoss<P, A>,
  x: HostTensor,
  target: HostTensor,
  params: P,
): Float64Array {
  const classes = x.shape.at(-1) as number;
  const losses = target.data.map((t, r) => {
    if (t === params.ignoreIndex) return 0;
    return t < 0 || t >= classes ? Number.NaN : spec.row(x.data.slice(r * classes, (r + 1) * classes), t, params);
  });
  if (params.reduction === "none") return losses;
  const sum = losses.reduce((s, v) => s + v, 0);
  const counted = target.data.filter((t) => t !== params.ignoreIndex).length;
  return Float64Array.of(params.reduction === "mean" ? sum / counted : sum);
}

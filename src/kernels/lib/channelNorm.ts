// What batchNorm and groupNorm share: statistics over sets of channel planes, and an affine map per channel.
import { ConfigError, DTypeError, ShapeError } from "../../tensor/errors.js";
import type { Dispatch, Inputs, KernelContext, Operand, Plan, TensorInfo } from "../../tensor/op.js";
import { formatShape, type Shape, sameShape, sizeOf } from "../../tensor/shape.js";
import { f32, input, output, scratch, u32 } from "./kernel.js";
import { reduceKernels, type Source } from "./reduceKernels.js";
import { type ReduceLayout, reduceLayout } from "./reduceLayout.js";
import { meanReducer } from "./reduction.js";
import { type RowBuffer, rowKernel } from "./rowKernel.js";

/** x `[batch, channels, ...]` as planes of `size` elements; `groups` null: statistics per channel, over the batch. */
export interface Planes {
  readonly batch: number;
  readonly channels: number;
  readonly size: number;
  readonly groups: number | null;
}

/** The planes of `shape`. Throws ShapeError below rank 2, ConfigError where groups do not divide the channels. */
export function planesOf(op: string, { shape, dtype }: TensorInfo, groups: number | null): Planes {
  if (dtype !== "f32") throw new DTypeError(`${op}: x is ${dtype}`, "cast it to f32");
  if (shape.length < 2) throw new ShapeError(`${op}: x is ${formatShape(shape)}`, "it must be [batch, channels, ...]");
  const [batch, channels] = shape;
  if (groups !== null && !(Number.isInteger(groups) && groups > 0 && channels % groups === 0)) {
    throw new ConfigError(`${op}: ${groups} groups do not divide ${channels} channels`, "use a divisor");
  }
  return { batch, channels, size: sizeOf(shape.slice(2)), groups };
}

/** Shape of the statistics: `[channels]` or `[batch, groups]`. */
export const statisticsShape = ({ batch, channels, groups }: Planes): number[] =>
  groups === null ? [channels] : [batch, groups];

/** Elements that a statistic is made of. */
export const countOf = ({ batch, channels, size, groups }: Planes): number =>
  groups === null ? batch * size : (channels / groups) * size;

/** Throws unless every tensor given is f32 of its shape. */
export function checkShapes(
  op: string,
  tensors: Readonly<Record<string, TensorInfo | null>>,
  shapes: Readonly<Record<string, Shape>>,
): void {
  for (const [name, shape] of Object.entries(shapes)) {
    const got = tensors[name];
    if (!got) continue;
    if (got.dtype !== "f32") throw new DTypeError(`${op}: ${name} is ${got.dtype}`, "cast it to f32");
    if (!sameShape(got.shape, shape)) {
      throw new ShapeError(
        `${op}: ${name} is ${formatShape(got.shape)}, not ${formatShape(shape)}`,
        "its shape follows from x",
      );
    }
  }
}

/** How the elements that make up a statistic lie in x. */
export function statisticsLayout({ batch, channels, size, groups }: Planes): ReduceLayout {
  if (groups === null) return reduceLayout([batch, channels, size], [0, 2]);
  return reduceLayout([batch * groups, (channels / groups) * size], [1]);
}

/** Where plane `row` finds its statistics, and its channel. */
export const statisticOf = ({ groups }: Planes, row: string): string =>
  groups === null ? `${row} % u.channels` : `${row} / u.per_group`;
export const channelOf = (row: string): string => `${row} % u.channels`;
export const planeUniforms = ({ channels, groups }: Planes) => ({
  channels: u32(channels),
  per_group: u32(channels / (groups ?? 1)),
});

const f32Source = (operand: Operand): Source => ({ type: "f32", operand });

/** Mean and biased variance of each statistic, in two passes: the deviations correct for the rounding of the mean. */
export function moments(call: {
  label: string;
  layout: ReduceLayout;
  x: Operand;
  mean: Operand;
  variance: Operand;
  caps: KernelContext<unknown>["caps"];
  partials: Operand;
}) {
  const { label, layout, x, mean, variance, caps, partials } = call;
  const { count } = layout;
  const common = { layout, elements: { x: f32Source(x) }, caps, partials };
  const means = reduceKernels({
    ...common,
    label: `${label}/mean`,
    reducer: meanReducer(count),
    targets: [{ type: "f32", operand: mean, value: "s * u.scale" }],
  });
  const variances = reduceKernels({
    ...common,
    label: `${label}/variance`,
    each: { mean: f32Source(mean) },
    reducer: {
      state: "vec2f",
      init: "vec2f(0.0)",
      fold: "s + vec2f(x - mean, (x - mean) * (x - mean))",
      merge: "a + b",
    },
    targets: [{ type: "f32", operand: variance, value: "(s.y - s.x * s.x * u.scale) * u.scale" }],
    uniforms: { scale: f32(1 / count) },
  });
  return {
    dispatches: [...means.dispatches, ...variances.dispatches],
    partialBytes: Math.max(means.partialBytes, variances.partialBytes),
  };
}

/** A value per plane: of its channel, or its statistic. */
export const perPlane = (operand: Operand, index: string): RowBuffer => ({ kind: "each", type: "f32", operand, index });

/** y = (x − mean) / √(variance + ε) · weight + bias, plane by plane. */
export function normalizePlanes(call: {
  label: string;
  planes: Planes;
  x: Operand;
  mean: Operand;
  variance: Operand;
  weight: Operand | null;
  bias: Operand | null;
  eps: number;
  caps: KernelContext<unknown>["caps"];
}): Dispatch {
  const { label, planes, x, mean, variance, weight, bias, eps, caps } = call;
  return rowKernel({
    label,
    rows: { outer: planes.batch * planes.channels, length: planes.size, inner: 1 },
    inputs: {
      x: { kind: "row", type: "f32", operand: x },
      mean: perPlane(mean, statisticOf(planes, "row")),
      variance: perPlane(variance, statisticOf(planes, "row")),
      ...(weight ? { weight: perPlane(weight, channelOf("row")) } : {}),
      ...(bias ? { bias: perPlane(bias, channelOf("row")) } : {}),
    },
    lets: { scale: `inverseSqrt(variance + u.eps)${weight ? " * weight" : ""}` },
    outputs: {
      y: { kind: "row", type: "f32", operand: output(0), value: `(x - mean) * scale${bias ? " + bias" : ""}` },
    },
    uniforms: { eps: f32(eps), ...planeUniforms(planes) },
    caps,
  });
}

/** Launches of a normalisation with its own statistics: inputs x, weight?, bias?; outputs y, mean, variance. */
export function normPlan(label: string, planes: Planes, eps: number, { inputs, caps }: KernelContext<unknown>): Plan {
  const own = { x: input(0), mean: output(1), variance: output(2) };
  const statistics = moments({ label, layout: statisticsLayout(planes), ...own, caps, partials: scratch(0) });
  const affine = { weight: inputs[1] ? input(1) : null, bias: inputs[2] ? input(2) : null };
  const apply = normalizePlanes({ label, planes, ...own, ...affine, eps, caps });
  return { dispatches: [...statistics.dispatches, apply], scratch: [statistics.partialBytes] };
}

/**
 * Launches that sum g·x̂ and g, the gradients of weight and bias, over `layout`: outputs 0 and 1. Inputs g, x, mean,
 * variance; `statistic` is where an output finds its statistics.
 */
export function gradientSums(call: {
  label: string;
  layout: ReduceLayout;
  statistic: string;
  planes: Planes;
  eps: number;
  caps: KernelContext<unknown>["caps"];
}): Plan {
  const { label, layout, statistic: index, planes, eps, caps } = call;
  const { dispatches, partialBytes } = reduceKernels({
    label,
    layout,
    elements: { g: f32Source(input(0)), x: f32Source(input(1)) },
    each: { mean: { ...f32Source(input(2)), index }, variance: { ...f32Source(input(3)), index } },
    reducer: { state: "vec2f", init: "vec2f(0.0)", fold: "s + vec2f(g * (x - mean), g)", merge: "a + b" },
    targets: [
      { type: "f32", operand: output(0), value: "s.x * inverseSqrt(variance + u.eps)" },
      { type: "f32", operand: output(1), value: "s.y" },
    ],
    uniforms: { eps: f32(eps), ...planeUniforms(planes) },
    caps,
    partials: scratch(0),
  });
  return { dispatches, scratch: [partialBytes] };
}

/** Visits every element with its position, channel and statistic: the loops of the references. */
export function eachElement(
  planes: Planes,
  visit: (at: number, plane: number, channel: number, statistic: number) => void,
): void {
  const { batch, channels, size, groups } = planes;
  for (let n = 0; n < batch; n++) {
    for (let c = 0; c < channels; c++) {
      const statistic = groups === null ? c : n * groups + Math.floor(c / (channels / groups));
      for (let k = 0; k < size; k++) visit((n * channels + c) * size + k, n * channels + c, c, statistic);
    }
  }
}

/** y, mean and variance, in float64. */
export function normReference(
  planes: Planes,
  [x, weight, bias]: Inputs<{ readonly data: Float64Array }>,
  eps: number,
): Float64Array[] {
  const values = (x as { data: Float64Array }).data;
  const size = sizeOf(statisticsShape(planes));
  const count = countOf(planes);
  const mean = new Float64Array(size).fill(count === 0 ? Number.NaN : 0);
  const variance = new Float64Array(mean);
  const y = new Float64Array(values.length);
  eachElement(planes, (at, _, __, s) => {
    mean[s] += values[at] / count;
  });
  eachElement(planes, (at, _, __, s) => {
    variance[s] += (values[at] - mean[s]) ** 2 / count;
  });
  eachElement(planes, (at, _, c, s) => {
    const normal = (values[at] - mean[s]) / Math.sqrt(variance[s] + eps);
    y[at] = normal * (weight?.data[c] ?? 1) + (bias?.data[c] ?? 0);
  });
  return [y, mean, variance];
}

/** The planes of x, once g, mean and variance fit it: inputs g, x, mean, variance. */
export function checkSumsInputs(op: string, [g, x, mean, variance]: Inputs<TensorInfo>, groups: number | null): Planes {
  const planes = planesOf(op, x as TensorInfo, groups);
  const shape = statisticsShape(planes);
  checkShapes(op, { g, mean, variance }, { g: (x as TensorInfo).shape, mean: shape, variance: shape });
  return planes;
}

/** Σ g·x̂ and Σ g per channel or per plane, in float64. */
export function sumsReference(
  planes: Planes,
  inputs: Inputs<{ readonly data: Float64Array }>,
  eps: number,
  per: "channel" | "plane",
): Float64Array[] {
  const [g, x, mean, variance] = inputs.map((t) => (t as { data: Float64Array }).data);
  const size = per === "channel" ? planes.channels : planes.batch * planes.channels;
  const scaled = new Float64Array(size);
  const plain = new Float64Array(size);
  eachElement(planes, (at, plane, channel, s) => {
    const k = per === "channel" ? channel : plane;
    scaled[k] += (g[at] * (x[at] - mean[s])) / Math.sqrt(variance[s] + eps);
    plain[k] += g[at];
  });
  return [scaled, plain];
}

// What batchNorm and groupNorm share: x as planes of channels, statistics over sets of them, and the loops of the references.
import { checkInteger } from "../../../tensor/arguments.js";
import { ConfigError, DTypeError, ShapeError } from "../../../tensor/errors.js";
import type { Inputs, TensorInfo } from "../../../tensor/op.js";
import { given } from "../../../tensor/options.js";
import { formatShape, sizeOf } from "../../../tensor/shape.js";
import { checkShapes, epsOf } from "../declare/checks.js";
import { meansOf, overflows, partsOf } from "./moments.js";

/** What is added to variances. */
export interface ChannelNormOptions {
  /** Added to the variance; default 1e-5. */
  eps?: number;
}

/** x `[batch, channels, ...]` as planes of `size` elements; `groups` null: statistics per channel, over the batch. */
export interface Planes {
  readonly batch: number;
  readonly channels: number;
  readonly size: number;
  readonly groups: number | null;
}

/** Checked options of a norm over groups. Throws ConfigError. */
export function groupParams(op: string, options: { groups: number; eps?: number }): { groups: number; eps: number } {
  const { groups = Number.NaN } = given(op, options);
  return { groups: checkInteger(op, "groups", groups), eps: epsOf(op, options) };
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

/** Shape of the centres, two parts each. */
export const centersShape = (planes: Planes): number[] => [...statisticsShape(planes), 2];

/** The infos of y, mean, variance and center. */
export function normOutputs(planes: Planes, x: TensorInfo): TensorInfo[] {
  const statistics = { shape: statisticsShape(planes), dtype: "f32" as const };
  return [x, statistics, statistics, { shape: centersShape(planes), dtype: "f32" }];
}

/** y, mean, variance and center, in float64. */
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
    variance[s] += (values[at] - mean[s]) ** 2;
  });
  const overflow = planes.groups === null ? Number.POSITIVE_INFINITY : Number.NaN;
  for (const [s, sum] of variance.entries()) variance[s] = overflows(sum) ? overflow : sum / count;
  eachElement(planes, (at, _, c, s) => {
    const normal = (values[at] - mean[s]) / Math.sqrt(variance[s] + eps);
    y[at] = normal * (weight?.data[c] ?? 1) + (bias?.data[c] ?? 0);
  });
  return [y, mean, variance, partsOf(mean)];
}

/** The planes of x, once g, center and variance fit it: inputs g, x, center, variance. */
export function checkSumsInputs(
  op: string,
  [g, x, center, variance]: Inputs<TensorInfo>,
  groups: number | null,
): Planes {
  const planes = planesOf(op, x as TensorInfo, groups);
  checkShapes(
    op,
    { g, center, variance },
    { g: (x as TensorInfo).shape, center: centersShape(planes), variance: statisticsShape(planes) },
  );
  return planes;
}

/** Σ g·x̂ and Σ g per channel or per plane, in float64. */
export function sumsReference(
  planes: Planes,
  inputs: Inputs<{ readonly data: Float64Array }>,
  eps: number,
  per: "channel" | "plane",
): Float64Array[] {
  const [g, x, center, variance] = inputs.map((t) => (t as { data: Float64Array }).data);
  const mean = meansOf(center);
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

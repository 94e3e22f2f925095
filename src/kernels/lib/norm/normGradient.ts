// Gradients of a normalisation from ops that have derivatives themselves: for gradients of gradients, where the fused ones
// would take the statistics for constants.
import type { Shape } from "../../../tensor/shape.js";
import type { Tensor } from "../../../tensor/tensor.js";
import type { Planes } from "./channelNorm.js";

/** A normalisation of x seen in `shape` over its dimensions `axes`, times the weight, stored in `weight`, seen in `weightShape`. */
export interface Normalization {
  readonly shape: Shape;
  readonly axes: readonly number[];
  readonly weight: Shape;
  readonly weightShape: Shape;
  readonly eps: number;
  /** Less the mean, over the standard deviation; else over the root of the mean square. */
  readonly centered: boolean;
}

/**
 * ∂/∂x = (h − mean(h) − x̂ mean(h x̂)) / σ with h = g · weight (no mean(h) where x is not centred), ∂/∂weight = Σ g x̂ and
 * ∂/∂bias = Σ g, in the shapes of x and of the weight.
 */
export function normGradients(
  g: Tensor,
  x: Tensor,
  weight: Tensor | undefined,
  norm: Normalization,
): [x: Tensor, weight: Tensor, bias: Tensor] {
  const { axes } = norm;
  const mean = (t: Tensor) => t.mean(axes, true);
  const less = (t: Tensor) => (norm.centered ? t.sub(mean(t)) : t);
  // less its mean twice: what rounding took from the mean is in the mean of the distances
  const [grad, distance] = [g.reshape(norm.shape), less(less(x.reshape(norm.shape)))];
  const inverse = mean(distance.square()).add(norm.eps).rsqrt();
  const normal = distance.mul(inverse);
  const h = weight ? grad.mul(weight.reshape(norm.weightShape)) : grad;
  const dx = less(h)
    .sub(normal.mul(mean(h.mul(normal))))
    .mul(inverse);
  const shared = norm.weightShape.flatMap((n, d) => (n === 1 ? [d] : []));
  const summed = (t: Tensor) => t.sum(shared).reshape(norm.weight);
  return [dx.reshape(x.shape), summed(grad.mul(normal)), summed(grad)];
}

/** How layerNorm and rmsNorm see x: as it is. */
export const overRows = (shape: Shape, dims: number) => {
  const [rows, weight] = [shape.slice(0, shape.length - dims), shape.slice(shape.length - dims)];
  const axes = weight.map((_, d) => rows.length + d);
  return { shape, axes, weight, weightShape: [...rows.map(() => 1), ...weight] };
};

/** How batchNorm and groupNorm see x. */
export const overPlanes = ({ batch, channels, size, groups }: Planes) => {
  const weight = [channels];
  if (groups === null) return { shape: [batch, channels, size], axes: [0, 2], weight, weightShape: [1, channels, 1] };
  const perGroup = [groups, channels / groups];
  return { shape: [batch, ...perGroup, size], axes: [2, 3], weight, weightShape: [1, ...perGroup, 1] };
};

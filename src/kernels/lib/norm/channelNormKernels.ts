// The launches of batchNorm and groupNorm: statistics, the affine map plane by plane, and sums for the gradients.
import type { Caps, Dispatch, KernelContext, Operand, Plan } from "../../../tensor/op.js";
import { reduceKernels } from "../reduce/reduceKernels.js";
import { type ReduceLayout, reduceLayout } from "../reduce/reduceLayout.js";
import type { Source, Target } from "../reduce/reduceText.js";
import { type RowBuffer, rowKernel } from "../rows/rowKernel.js";
import { f32, input, output, scratch, u32 } from "../text/kernel.js";
import type { Planes } from "./channelNorm.js";
import { DISTANCE, meanReducer, varianceReducer } from "./moments.js";

/** How the elements that make up a statistic lie in x. */
function statisticsLayout({ batch, channels, size, groups }: Planes): ReduceLayout {
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

/**
 * Launches for mean (output 1), biased variance (output 2) and centre (output 3) of each statistic of x (input 0). The
 * deviations from a rough mean give the variance, and what that mean lost to rounding. Where their squares overflow, the
 * variance is infinite over the batch and NaN over groups: the results then are the bias and NaN, as PyTorch's are.
 */
function moments(label: string, planes: Planes, caps: Caps): Required<Plan> {
  const layout = statisticsLayout(planes);
  const common = { layout, elements: { x: f32Source(input(0)) }, caps, partials: scratch(1) };
  const mean = meanReducer(layout.count);
  const variance = varianceReducer(layout.count, 1 / layout.count, planes.groups === null ? "infinite" : "nan");
  const target = (operand: Operand, value = "s"): Target => ({ type: "f32", operand, value });
  const passes = [
    reduceKernels({ ...common, label: `${label}/mean`, reducer: mean, targets: [target(scratch(0), mean.finish)] }),
    reduceKernels({
      ...common,
      label: `${label}/variance`,
      each: { mean: f32Source(scratch(0)) },
      reducer: variance,
      targets: [
        target(output(1), "mean + s.x * u.per_element"),
        target(output(2), variance.finish),
        { type: "vec2f", operand: output(3), value: "vec2f(mean, s.x * u.per_element)" },
      ],
    }),
  ];
  return {
    dispatches: passes.flatMap(({ dispatches }) => dispatches),
    scratch: [4 * layout.outputs, Math.max(...passes.map(({ partialBytes }) => partialBytes))],
  };
}

/** A value per plane: of its channel, or its statistic. */
export const perPlane = (operand: Operand, index: string, type = "f32"): RowBuffer => ({
  kind: "each",
  type,
  operand,
  index,
});

/** y = (x − center) / √(variance + ε) · weight + bias, plane by plane; the centre is in two parts, or a given mean. */
export function normalizePlanes(call: {
  label: string;
  planes: Planes;
  x: Operand;
  center: { type: "f32" | "vec2f"; operand: Operand };
  variance: Operand;
  weight: Operand | null;
  bias: Operand | null;
  eps: number;
  caps: Caps;
}): Dispatch {
  const { label, planes, x, center, variance, weight, bias, eps, caps } = call;
  const distance = center.type === "f32" ? "(x - center)" : DISTANCE;
  return rowKernel({
    label,
    rows: { outer: planes.batch * planes.channels, length: planes.size, inner: 1 },
    inputs: {
      x: { kind: "row", type: "f32", operand: x },
      center: perPlane(center.operand, statisticOf(planes, "row"), center.type),
      variance: perPlane(variance, statisticOf(planes, "row")),
      ...(weight ? { weight: perPlane(weight, channelOf("row")) } : {}),
      ...(bias ? { bias: perPlane(bias, channelOf("row")) } : {}),
    },
    lets: { scale: `inverseSqrt(variance + u.eps)${weight ? " * weight" : ""}` },
    outputs: {
      y: {
        kind: "row",
        type: "f32",
        operand: output(0),
        value: `${distance} * scale${bias ? " + bias" : ""}`,
      },
    },
    uniforms: { eps: f32(eps), ...planeUniforms(planes) },
    caps,
  });
}

/** Launches of a normalisation with its own statistics: inputs x, weight?, bias?; outputs y, mean, variance, center. */
export function normPlan(label: string, planes: Planes, eps: number, { inputs, caps }: KernelContext<unknown>): Plan {
  const { dispatches, scratch } = moments(label, planes, caps);
  const own = { x: input(0), center: { type: "vec2f", operand: output(3) } as const, variance: output(2) };
  const affine = { weight: inputs[1] ? input(1) : null, bias: inputs[2] ? input(2) : null };
  return { dispatches: [...dispatches, normalizePlanes({ label, planes, ...own, ...affine, eps, caps })], scratch };
}

/** Launches for Σ g·x̂ (output 0) and Σ g (output 1) per channel or per plane: inputs g, x, center, variance. */
export function gradientSums(label: string, planes: Planes, per: "channel" | "plane", eps: number, caps: Caps): Plan {
  const { batch, channels, size } = planes;
  const layout = per === "channel" ? statisticsLayout(planes) : reduceLayout([batch * channels, size], [1]);
  const index = per === "channel" ? "output" : statisticOf(planes, "output");
  const { dispatches, partialBytes } = reduceKernels({
    label,
    layout,
    elements: { g: f32Source(input(0)), x: f32Source(input(1)) },
    each: { center: { type: "vec2f", operand: input(2), index }, variance: { ...f32Source(input(3)), index } },
    reducer: { state: "vec2f", init: "vec2f(0.0)", fold: `s + vec2f(g * ${DISTANCE}, g)`, merge: "a + b" },
    targets: [
      // of no elements 0, though their variance is NaN
      { type: "f32", operand: output(0), value: "select(s.x * inverseSqrt(variance + u.eps), 0.0, u.blocks == 0u)" },
      { type: "f32", operand: output(1), value: "s.y" },
    ],
    uniforms: { eps: f32(eps), ...planeUniforms(planes) },
    caps,
    partials: scratch(0),
  });
  return { dispatches, scratch: [partialBytes] };
}

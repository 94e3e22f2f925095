// The preset of attention's gradients: their inputs, launch, accuracy and samples.
import type { Caps, Inputs, KernelContext, Op, Plan, TensorInfo, Tolerance } from "../../../tensor/op.js";
import { sumOfProducts } from "../declare/accuracy.js";
import { checkShapes } from "../declare/checks.js";
import { drawOne, drawSize, isFloat } from "../declare/draw.js";
import { of } from "../declare/sample.js";
import { input, kernel, output, read, write } from "../text/kernel.js";
import {
  type Attention,
  type AttentionParams,
  attention,
  attentionParams,
  LARGEST_WIDTH,
  weightError,
} from "./attention.js";
import { attentionFunctions, attentionUniforms, elementOf, enableOf, WORKGROUP } from "./attentionRows.js";

/** What a gradient of attention declares beside its reference. */
export interface AttentionGrad {
  readonly name: string;
  /** The gradients' names, and the numbers of the inputs whose shapes they have. */
  readonly outputs: Readonly<Record<string, number>>;
  /** A thread has one of these; the threads of a workgroup are at the same one of the others. */
  readonly rows: "queries" | "keys";
  /** `main`, which may call `weight(score, logsumexp)`. */
  code(caps: Caps): string;
}

type AttentionGradOp = Op<AttentionParams, [params: AttentionParams]>;

/** All of the op but what it computes: `doc`, `reference` and `cost`. */
export const attentionGrad = (spec: AttentionGrad): Omit<AttentionGradOp, "doc" | "reference"> => ({
  name: spec.name,
  inputs: ["g", "q", "k", "v", "logsumexp", "delta"],
  outputs: Object.keys(spec.outputs),
  options: ["causal", "scale"],
  params: ([, q], params) => attentionParams(spec.name, q as TensorInfo, params),
  infer(inputs) {
    gradientSizes(spec.name, inputs);
    return Object.values(spec.outputs).map((i) => inputs[i] as TensorInfo);
  },
  kernels: (context) => plan(spec, context),
  tolerance: (inputs, params) => gradientTolerance(gradientSizes(spec.name, inputs), params),
  draw(g, choose) {
    if (!isFloat(g, 2) || (g.shape.at(-1) as number) > LARGEST_WIDTH) return null;
    const [each, valueWidth] = [g.shape.slice(0, -1), g.shape.at(-1) as number];
    const keys = [...each.slice(0, -1), drawSize(choose)];
    const width = drawOne([3, 1, 9], choose);
    // scores between −1.5 and 1.5, so that weights stay below 1
    const [q, k] = [each, keys].map((lead) => ({ shape: [...lead, width], range: [-0.5, 0.5] as const }));
    const inputs = of(g, q, k, [...keys, valueWidth], { shape: each, range: [3, 5] }, each);
    return { ...inputs, args: [{ causal: choose(2) === 1, scale: 0.5 }] };
  },
  samples: [
    // logsumexp is so large that weights stay below about 1, as they are: the tolerance counts on it
    {
      ...of([2, 5, 8], [2, 5, 8], [2, 5, 8], [2, 5, 8], { shape: [2, 5], range: [3, 5] }, [2, 5]),
      args: [{ causal: false, scale: 0.5 }],
    },
    {
      ...of([1, 4, 7, 2], [1, 4, 7, 3], [1, 2, 9, 3], [1, 2, 9, 2], { shape: [1, 4, 7], range: [3, 5] }, [1, 4, 7]),
      args: [{ causal: true, scale: 0.5 }],
    },
    {
      ...of([65, 16], [65, 16], [40, 16], [40, 16], { shape: [65], range: [3, 4] }, [65]),
      args: [{ causal: true, scale: 0.25 }],
    },
    // a query whose scores are all −∞ has no weights
    {
      ...of([2, 1], [2, 1], [3, 1], [3, 1], { shape: [2], values: [-1 / 0, 1] }, [2]),
      args: [{ causal: false, scale: 1 }],
    },
    { ...of([3, 4], [3, 4], [0, 4], [0, 4], [3], [3]), args: [{ causal: false, scale: 1 }] },
    { ...of([0, 4], [0, 4], [3, 4], [3, 4], [0], [0]), args: [{ causal: false, scale: 1 }] },
  ],
  errors: [
    { ...of([5, 8], [5, 8], [5, 8], [5, 4], [5], [5]), args: [{ causal: false, scale: 1 }], throws: "ShapeError" },
    { ...of([5, 8], [5, 8], [5, 8], [5, 8], [4], [5]), args: [{ causal: false, scale: 1 }], throws: "ShapeError" },
    { ...of([5, 8], [5, 8], [5, 8], [5, 8], [5], [5]), args: [{ scale: Number.NaN }], throws: "ConfigError" },
    { ...of([5, 8], [5, 8], [5, 8], [5, 8], [5], [5]), args: [{ causal: 1 }], throws: "ConfigError" },
  ],
  bench: (size) => ({
    ...of([4, size, 64], [4, size, 64], [4, size, 64], [4, size, 64], { shape: [4, size], range: [5, 7] }, [4, size]),
    args: [{ causal: false, scale: 0.125 }],
  }),
});

function plan(
  { name, outputs, rows, code }: AttentionGrad,
  { inputs, params, caps }: KernelContext<AttentionParams>,
): Plan {
  const a = gradientSizes(name, inputs);
  const element = elementOf(a);
  const heads = rows === "queries" ? a.heads : a.heads / a.group;
  const dispatch = kernel({
    label: name,
    about: `a thread one of the ${rows}; the threads of a workgroup go through the others together`,
    uniforms: attentionUniforms(a, params, a[rows]),
    bindings: {
      g: read(element, input(0)),
      q: read(element, input(1)),
      k: read(element, input(2)),
      v: read(element, input(3)),
      logsumexp: read("f32", input(4)),
      delta: read("f32", input(5)),
      ...Object.fromEntries(Object.keys(outputs).map((y, i) => [y, write(element, output(i))])),
    },
    enable: enableOf(caps),
    code: `${attentionFunctions(a, caps)}\n${WEIGHT}\n${code(caps)}`,
    groups: heads * Math.ceil(a[rows] / WORKGROUP),
  });
  return { dispatches: [dispatch] };
}

/** The sizes of a gradient's inputs g, q, k, v, logsumexp and delta. Throws DTypeError, ShapeError. */
export function gradientSizes(op: string, inputs: Inputs<TensorInfo>): Attention {
  const [g, q, k, v, logsumexp, delta] = inputs as readonly TensorInfo[];
  const a = attention(op, q, k, v);
  checkShapes(op, { g, logsumexp, delta }, { g: a.y, logsumexp: a.each, delta: a.each });
  return a;
}

/** exp(score − logsumexp) in float64, and 0 where all scores of the query are −∞. */
export const weight64 = (score: number, logsumexp: number): number =>
  logsumexp === Number.NEGATIVE_INFINITY ? 0 : Math.exp(score - logsumexp);

/** Sums of p · (g·v − δ) · k over normals: over the weights' error, that of the sums and of g·v. */
function gradientTolerance(a: Attention, params: AttentionParams): Tolerance {
  const { ulp, abs } = weightError(a, params);
  const terms = Math.max(a.keys, a.queries * a.group);
  return { ulp, abs: 8 * abs + 4 * sumOfProducts(terms + a.valueWidth).abs };
}

/** WGSL: the weight of a score, none where all scores of the query are −∞. */
const WEIGHT = `fn weight(score: f32, logsumexp: f32) -> f32 {
  return select(exp32(score - logsumexp), 0.0, bitcast<u32>(logsumexp) == 0xff800000u);
}`;

// How ops of the golden fixtures are called here: by their names, but for a few. What is no kernel of ours is composed.
import { ConfigError, cat, Tensor } from "../tensor/index.js";
import { alignment, entropy, opinionEntropy } from "../zerosiam/losses.js";

/** Attributes that the calls below read; each op has those it needs. */
export interface FixtureAttrs {
  readonly alpha: number;
  readonly approximate: "none" | "tanh";
  readonly axes: readonly number[] | null;
  readonly axis: number;
  readonly beta: number;
  readonly causal: boolean;
  readonly correction: number;
  readonly count_include_pad: boolean;
  readonly detach: string;
  readonly dilation: readonly [number, number];
  readonly dims: readonly number[];
  readonly eps: number;
  readonly exponent: number;
  readonly groups: number;
  readonly ignore_index: number;
  readonly keepdim: boolean;
  readonly kernel: readonly [number, number];
  readonly kind: "half" | "interleaved";
  readonly label_smoothing: number;
  readonly max: number | null;
  readonly min: number | null;
  readonly mode: "train" | "eval";
  readonly momentum: number;
  readonly normalized_shape: readonly number[];
  readonly output_size: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly pads: readonly (readonly [number, number])[];
  readonly ranges: readonly unknown[];
  readonly reduction: "mean" | "sum" | "none";
  readonly scale: number;
  readonly shape: readonly number[];
  readonly stride: readonly [number, number];
  readonly transpose_a: boolean;
  readonly transpose_b: boolean;
  readonly value: number;
}

/** A case's tensors by name. */
export type FixtureTensors = Readonly<Record<string, Tensor>>;

/** `y`, or all outputs by name. */
export type FixtureCall = (t: FixtureTensors, attrs: FixtureAttrs) => Tensor | FixtureTensors;

/** How the fixtures' op `name` is called: the method of that name takes the tensors, then the attributes, each by name. */
export function fixtureCall(name: string): FixtureCall {
  if (Object.hasOwn(OTHERS, name)) return OTHERS[name];
  const method = name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()) as keyof Tensor;
  return (tensors, attrs) => {
    const [x, ...others] = TENSORS.filter((key) => Object.hasOwn(tensors, key)).map((key) => tensors[key]);
    const args = (Object.hasOwn(ATTRIBUTES, name) ? ATTRIBUTES[name] : []).map((key) => attrs[key]);
    const call: unknown = x?.[method];
    const result = typeof call === "function" ? call.call(x, ...others, ...args) : null;
    if (result instanceof Tensor) return result;
    throw new ConfigError(`the op ${name} is not implemented`, "its name must be that of a method of Tensor");
  };
}

/** Names of tensors, in the order in which methods take them. */
const TENSORS: readonly string[] = ["x", "weight", "a", "b", "index"];

/** Attributes of the ops that are called by their names, in the order in which the methods take them. */
const ATTRIBUTES: Readonly<Record<string, readonly (keyof FixtureAttrs)[]>> = {
  adaptive_avg_pool2d: ["output_size"],
  argmax: ["axis"],
  clamp: ["min", "max"],
  gather: ["axis"],
  gelu: ["approximate"],
  index_select: ["axis"],
  log_softmax: ["axis"],
  logsumexp: ["axis", "keepdim"],
  max: ["axes", "keepdim"],
  mean: ["axes", "keepdim"],
  min: ["axes", "keepdim"],
  pad: ["pads", "value"],
  permute: ["dims"],
  reshape: ["shape"],
  scatter_add: ["axis", "shape"],
  slice: ["ranges"],
  softmax: ["axis"],
  softplus: ["beta"],
  sum: ["axes", "keepdim"],
};

/** Ops whose calls differ: they take options, or give several tensors, or are composed of ours. */
const OTHERS: Readonly<Record<string, FixtureCall>> = {
  avg_pool2d: ({ x }, a) =>
    x.avgPool2d(a.kernel, { stride: a.stride, padding: a.padding, countIncludePad: a.count_include_pad }),
  batch_norm: (t, attrs) => (attrs.mode === "train" ? batchNormTraining(t, attrs) : batchNormEvaluation(t, attrs)),
  come_loss: ({ logits }) => opinionEntropy(logits).mean(),
  concat: (t, { axis }) =>
    cat(
      Object.keys(t)
        .sort()
        .map((name) => t[name]),
      axis,
    ),
  conv2d: ({ x, weight, bias }, { stride, padding, dilation, groups }) =>
    x.conv2d(weight, bias, { stride, padding, dilation, groups }),
  cosine_similarity: ({ a, b }, { axis, eps }) =>
    a
      .mul(b)
      .sum(axis)
      .div(
        length(a, [axis])
          .mul(length(b, [axis]))
          .clamp(eps),
      ),
  cross_entropy: ({ logits, target }, { reduction, label_smoothing: labelSmoothing, ignore_index: ignoreIndex }) =>
    logits.crossEntropy(target, { reduction, labelSmoothing, ignoreIndex }),
  entropy: ({ logits }, { reduction }) => (reduction === "mean" ? entropy(logits) : logits.softmaxEntropy()),
  expand: ({ x }, { shape }) => x.broadcastTo(shape),
  group_norm: ({ x, weight, bias }, { groups, eps }) => x.groupNorm(weight, bias, { groups, eps })[0],
  kl: ({ a, b }) => a.klDivergence(b),
  l2_norm: ({ x }, { axes, keepdim }) => length(x, axes, keepdim),
  layer_norm: ({ x, weight, bias }, { normalized_shape, eps }) =>
    x.layerNorm(weight, bias, { dims: normalized_shape.length, eps })[0],
  linear: ({ x, weight, bias }) => x.linear(weight, bias),
  matmul: ({ a, b }, { transpose_a: transposeA, transpose_b: transposeB }) => a.matmul(b, { transposeA, transposeB }),
  max_pool2d: ({ x }, { kernel, stride, padding }) => x.maxPool2d(kernel, { stride, padding })[0],
  nll_loss: ({ logp, target }, { reduction }) => logp.nllLoss(target, { reduction }),
  pow_scalar: ({ x }, { exponent }) => x.pow(exponent),
  reshape_permuted: ({ x }, { dims, shape }) => x.permute(dims).reshape(shape),
  rms_norm: ({ x, weight }, { eps }) => x.rmsNorm(weight, { eps })[0],
  rotary: ({ x, cos, sin }, { kind }) => x.rotaryEmbedding(cos, sin, { interleaved: kind === "interleaved" }),
  sdpa: ({ q, k, v }, { causal, scale }) => q.scaledDotProductAttention(k, v, { causal, scale })[0],
  sym_kl: ({ a, b }, { detach }) =>
    alignment(detach === "a" ? a.stopGradient() : a, detach === "b" ? b.stopGradient() : b),
  var: ({ x }, { axes, correction, keepdim }) => x.var(axes, { correction, keepdim }),
  where: ({ cond, a, b }) => cond.ne(0).where(a, b),
  zerosiam_loss: (t, { alpha }) => entropy(t.u_o).add(alignment(t.u_o, t.u_r.stopGradient()).mul(alpha)),
};

/** √Σ x². */
function length(x: Tensor, axes: readonly number[] | null, keepdim = false): Tensor {
  return x.square().sum(axes, keepdim).sqrt();
}

/** Normalises by the batch's biased variance; running statistics take the unbiased one. */
function batchNormTraining({ x, weight, bias, running_mean, running_var }: FixtureTensors, attrs: FixtureAttrs) {
  const [y, mean, variance] = x.batchNorm(weight, bias, { eps: attrs.eps });
  if (!running_mean) return y;
  const n = x.size / mean.size;
  const moved = (old: Tensor, stat: Tensor) => old.mul(1 - attrs.momentum).add(stat.mul(attrs.momentum));
  return {
    y,
    running_mean: moved(running_mean, mean),
    running_var: moved(running_var, variance.mul(n / (n - 1))),
  };
}

function batchNormEvaluation({ x, weight, bias, running_mean, running_var }: FixtureTensors, { eps }: FixtureAttrs) {
  return x.batchNormEval(running_mean, running_var, weight, bias, { eps });
}

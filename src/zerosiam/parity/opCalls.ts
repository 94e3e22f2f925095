// How each op of the golden fixtures is called here: fixture name → call. What is no kernel of ours is composed.
import { concat, full, type Tensor, tensor } from "../../tensor/index.js";
import { alignment, entropy } from "../losses.js";

/** What the fixtures' attributes are called; each op has those it needs. */
export interface FixtureAttrs {
  readonly C: number;
  readonly alpha: number;
  readonly approximate: "none" | "tanh";
  readonly axes: readonly number[] | null;
  readonly axis: number;
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
  readonly mode: "train" | "eval";
  readonly momentum: number;
  readonly normalized_shape: readonly number[];
  readonly output_size: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly pads: readonly (readonly [number, number])[];
  readonly ranges: readonly (readonly [number, number, number])[];
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

export const fixtureCalls: Readonly<Record<string, FixtureCall>> = {
  abs: ({ x }) => x.abs(),
  adaptive_avg_pool2d: ({ x }, a) => x.adaptiveAvgPool2d(a.output_size),
  add: ({ a, b }) => a.add(b),
  argmax: ({ x }, { axis }) => x.argmax(axis),
  avg_pool2d: ({ x }, a) =>
    x.avgPool2d(a.kernel, { stride: a.stride, padding: a.padding, countIncludePad: a.count_include_pad }),
  batch_norm: (t, attrs) => (attrs.mode === "train" ? batchNormTraining(t, attrs) : batchNormEvaluation(t, attrs)),
  come_loss: ({ logits }, { C }) => comeLoss(logits, C),
  concat: (t, { axis }) => concat(Object.values(t), axis),
  conv2d: ({ x, weight, bias }, { stride, padding, dilation, groups }) =>
    x.conv2d(weight, bias, { stride, padding, dilation, groups }),
  cos: ({ x }) => x.cos(),
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
  div: ({ a, b }) => a.div(b),
  embedding: ({ weight, index }) => weight.embedding(index),
  entropy: ({ logits }, { reduction }) => (reduction === "mean" ? entropy(logits) : logits.softmaxEntropy()),
  exp: ({ x }) => x.exp(),
  expand: ({ x }, { shape }) => x.broadcastTo(shape),
  gather: ({ x, index }, { axis }) => x.gather(index, axis),
  gelu: ({ x }, { approximate }) => x.gelu(approximate),
  group_norm: ({ x, weight, bias }, { groups, eps }) => x.groupNorm(weight, bias, { groups, eps })[0],
  index_select: ({ x, index }, { axis }) => x.indexSelect(index, axis),
  kl: ({ a, b }) => a.klDivergence(b),
  l2_norm: ({ x }, { axes, keepdim }) => length(x, axes, keepdim),
  layer_norm: ({ x, weight, bias }, { normalized_shape, eps }) =>
    x.layerNorm(weight, bias, { dims: normalized_shape.length, eps })[0],
  linear: ({ x, weight, bias }) => x.linear(weight, bias),
  log: ({ x }) => x.log(),
  log_softmax: ({ x }, { axis }) => x.logSoftmax(axis),
  logsumexp: ({ x }, { axis, keepdim }) => x.logsumexp(axis, keepdim),
  matmul: ({ a, b }, { transpose_a: transposeA, transpose_b: transposeB }) => a.matmul(b, { transposeA, transposeB }),
  max: ({ x }, { axes, keepdim }) => x.max(axes, keepdim),
  max_pool2d: ({ x }, { kernel, stride, padding }) => x.maxPool2d(kernel, { stride, padding })[0],
  maximum: ({ a, b }) => a.maximum(b),
  mean: ({ x }, { axes, keepdim }) => x.mean(axes, keepdim),
  min: ({ x }, { axes, keepdim }) => x.min(axes, keepdim),
  minimum: ({ a, b }) => a.minimum(b),
  mul: ({ a, b }) => a.mul(b),
  neg: ({ x }) => x.neg(),
  nll_loss: ({ logp, target }, { reduction }) => logp.nllLoss(target, { reduction }),
  pad: ({ x }, { pads, value }) => x.pad(pads, value),
  permute: ({ x }, { dims }) => x.permute(dims),
  pow: ({ a, b }) => a.pow(b),
  pow_scalar: ({ x }, { exponent }) => x.pow(exponent),
  reciprocal: ({ x }) => x.reciprocal(),
  relu: ({ x }) => x.relu(),
  reshape: ({ x }, { shape }) => x.reshape(shape),
  reshape_permuted: ({ x }, { dims, shape }) => x.permute(dims).reshape(shape),
  rms_norm: ({ x, weight }, { eps }) => x.rmsNorm(weight, { eps })[0],
  rotary: ({ x, cos, sin }, { kind }) => x.rotaryEmbedding(cos, sin, { interleaved: kind === "interleaved" }),
  rsqrt: ({ x }) => x.rsqrt(),
  sdpa: ({ q, k, v }, { causal, scale }) => attention(q, k, v, causal, scale),
  sigmoid: ({ x }) => x.sigmoid(),
  silu: ({ x }) => x.silu(),
  sin: ({ x }) => x.sin(),
  slice: ({ x }, { ranges }) => x.slice(ranges),
  softmax: ({ x }, { axis }) => x.softmax(axis),
  sqrt: ({ x }) => x.sqrt(),
  square: ({ x }) => x.square(),
  sub: ({ a, b }) => a.sub(b),
  sum: ({ x }, { axes, keepdim }) => x.sum(axes, keepdim),
  sym_kl: ({ a, b }, { detach }) =>
    alignment(detach === "a" ? a.stopGradient() : a, detach === "b" ? b.stopGradient() : b),
  tanh: ({ x }) => x.tanh(),
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

/**
 * COME (Zhang et al. 2025): entropy over beliefs eˣ/(Σ eˣ + C) and uncertainty C/(Σ eˣ + C), which is the softmax of x
 * and ln C; x has its norm behind a stop.
 */
function comeLoss(logits: Tensor, classes: number): Tensor {
  const norm = length(logits, [-1], true);
  const x = logits.div(norm).mul(norm.stopGradient());
  const opinions = concat([x, full([x.shape[0], 1], Math.log(classes), { device: x.device })], 1).softmax();
  return opinions.mul(opinions.add(1e-7).log()).sum(-1).neg().mean();
}

/** softmax(scale · q kᵀ) v; causal: query i sees keys 0 to i. */
function attention(q: Tensor, k: Tensor, v: Tensor, causal: boolean, scale: number): Tensor {
  const scores = q.matmul(k, { transposeB: true }).mul(scale);
  const [queries, keys] = scores.shape.slice(-2);
  const seen = Array.from({ length: queries }, (_, i) => Array.from({ length: keys }, (_, j) => !causal || j <= i));
  return tensor(seen, null, { device: q.device }).where(scores, Number.NEGATIVE_INFINITY).softmax().matmul(v);
}

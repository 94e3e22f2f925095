// scaledDotProductAttention: softmax(scale · q kᵀ) v in one pass over the keys, without the matrix of scores (Milakov &
// Gimelshein, arXiv:1805.02867; Dao et al., arXiv:2205.14135).
import { type Caps, defineOp, type HostTensor, type TensorInfo } from "../tensor/op.js";
import { sizeOf } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import {
  type Attention,
  type AttentionOptions,
  type AttentionParams,
  attention,
  attentionParams,
  dot,
  eachQuery,
  halvesOf,
  LARGEST_WIDTH,
  seenBy,
  weightError,
} from "./lib/attention/attention.js";
import {
  alongRow,
  attentionFunctions,
  attentionUniforms,
  elementOf,
  enableOf,
  loadRow,
  storeRow,
  WORKGROUP,
} from "./lib/attention/attentionRows.js";
import { drawOne, drawSize, isFloat } from "./lib/declare/draw.js";
import { of } from "./lib/declare/sample.js";
import { hostRow } from "./lib/norm/rowNorm.js";
import { input, kernel, output, read, write } from "./lib/text/kernel.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * Softmax-weighted means of `v` `[..., Hkv, Tk, Dv]` by the scores scale · q·k of the queries `this` `[..., H, Tq, D]` and
     * the keys `k` `[..., Hkv, Tk, D]`: `[..., H, Tq, Dv]`. H is a multiple of Hkv: neighbouring heads share keys and values
     * (PyTorch's `enable_gqa`). Gives `[y, logsumexp]`, the latter of each query's scores, `[..., H, Tq]`; only y carries a
     * gradient. A query without any key, or whose scores are all −∞, gives 0; one with a NaN or +∞ among its scores gives NaN.
     * Throws ShapeError, DTypeError, ConfigError.
     */
    scaledDotProductAttention(k: Tensor, v: Tensor, options?: AttentionOptions): [y: Tensor, logsumexp: Tensor];
  }
}

const NAME = "scaledDotProductAttention";
/** e⁸⁶ is a number of f32, 39 times that is not. */
const CLIMBING = Array.from({ length: 40 }, (_, j) => (j === 0 ? -0.5 : 86 + j / 128));

export const scaledDotProductAttention = defineOp({
  name: NAME,
  doc: "softmax(scale · q kᵀ) v, causal or not, with grouped queries",
  inputs: ["q", "k", "v"],
  outputs: ["y", "logsumexp"],
  options: ["causal", "scale"],
  params: ([q], options?: AttentionOptions) => attentionParams(NAME, q as TensorInfo, options),
  infer(inputs) {
    const { y, each } = sizes(inputs as readonly TensorInfo[]);
    return [
      { shape: y, dtype: "f32" },
      { shape: each, dtype: "f32" },
    ];
  },
  kernels({ inputs, params, caps }) {
    const a = sizes(inputs as readonly TensorInfo[]);
    const element = elementOf(a);
    const dispatch = kernel({
      label: NAME,
      about: "a thread a query; the threads of a workgroup are at the same key",
      uniforms: attentionUniforms(a, params, a.queries),
      bindings: {
        q: read(element, input(0)),
        k: read(element, input(1)),
        v: read(element, input(2)),
        y: write(element, output(0)),
        logsumexp: write("f32", output(1)),
      },
      enable: enableOf(caps),
      code: `${attentionFunctions(a, caps)}\n${code(caps)}`,
      groups: a.heads * Math.ceil(a.queries / WORKGROUP),
    });
    return { dispatches: [dispatch] };
  },
  reference: (inputs, params) => reference(inputs as readonly HostTensor[], params),
  saves: ["q", "k", "v", "y", "logsumexp"],
  meetsZeros: ["v"],
  // With p = softmax(s), s = scale · q kᵀ and δ = g·y: v̄ = pᵀ g, s̄ = p (g vᵀ − δ), q̄ = scale · s̄ k, k̄ = scale · s̄ᵀ q
  vjp(g: Tensor, { q, k, v, y, logsumexp }, { params, needs, createGraph }) {
    if (createGraph) return composedGradients(g, q, k, v, logsumexp, params);
    const delta = g.mul(y).sum(-1);
    const byKeys = () => g.attentionKeyValueGrad(q, k, v, logsumexp, delta, params);
    return [
      needs.q ? g.attentionQueryGrad(q, k, v, logsumexp, delta, params) : null,
      ...(needs.k || needs.v ? byKeys() : [null, null]),
    ];
  },
  tolerance: (inputs, params) => weightError(sizes(inputs as readonly TensorInfo[]), params),
  draw(q, choose) {
    if (!isFloat(q, 2) || (q.shape.at(-1) as number) > LARGEST_WIDTH) return null;
    const lead = q.shape.slice(0, -2);
    // heads of keys: as many, or one for all
    const shared = lead.length > 0 && lead.at(-1) !== 0 && choose(2) === 1 ? [...lead.slice(0, -1), 1] : lead;
    const keys = drawSize(choose);
    const [k, v] = [q.shape.at(-1) as number, drawOne([3, 1, 65], choose)].map((width) => [...shared, keys, width]);
    return { ...of(q, k, v), args: [{ causal: choose(2) === 1 }] };
  },
  samples: [
    of([2, 5, 8], [2, 5, 8], [2, 5, 8]),
    { ...of([2, 6, 5, 4], [2, 2, 9, 4], [2, 2, 9, 8]), args: [{ causal: true, scale: 0.5 }] },
    { ...of([2, 3, 7, 4], [2, 3, 7, 4], [2, 3, 7, 4]), args: [{ causal: true }] },
    { ...of([4, 9, 3], [2, 5, 3], [2, 5, 2]), args: [{ causal: true }] },
    of([1, 65, 64], [1, 70, 64], [1, 70, 64]),
    of([3, 5], [70, 5], [70, 5]),
    // scores far apart: later keys must take over from earlier ones
    of({ shape: [4, 8], range: [-9, 9] }, { shape: [33, 8], range: [-9, 9] }, [33, 8]),
    // all scores −∞, one +∞, and NaN in a key that the mask hides from the first queries and in a value
    of([2, 1], { shape: [2, 1], values: [-1 / 0, -1 / 0] }, [2, 3]),
    of({ shape: [2, 1], values: [1, -1] }, { shape: [3, 1], values: [1 / 0, 0, 1] }, [3, 3]),
    {
      ...of([3, 2], { shape: [3, 2], values: [1, 2, Number.NaN, 0, 1, 1] }, [3, 2]),
      args: [{ causal: true }],
    },
    {
      ...of([3, 2], [3, 2], { shape: [3, 2], values: [1, 2, Number.NaN, 0, 1 / 0, 1] }),
      args: [{ causal: true }],
    },
    of([2, 3, 4], [2, 0, 4], [2, 0, 4]),
    of([2, 0, 4], [2, 3, 4], [2, 3, 4]),
    of([2, 256], [2, 256], [2, 3]),
    // more queries, and more keys, than a workgroup takes
    { ...of([4, 40, 4], [2, 70, 4], [2, 70, 3]), args: [{ causal: true }] },
    // scores climb by so much that sums overflow unless they are rescaled
    of({ shape: [1, 1], values: [1] }, { shape: [40, 1], values: CLIMBING }, [40, 3]),
  ],
  errors: [
    { ...of([0, 5, 8], [2, 5, 8], [2, 5, 8]), throws: "ShapeError" },
    { ...of([8], [8], [8]), throws: "ShapeError" },
    { ...of([2, 5, 8], [2, 5, 4], [2, 5, 8]), throws: "ShapeError" },
    { ...of([2, 5, 8], [2, 5, 8], [2, 6, 8]), throws: "ShapeError" },
    { ...of([1, 3, 5, 8], [1, 2, 5, 8], [1, 2, 5, 8]), throws: "ShapeError" },
    { ...of([2, 5, 8], [1, 2, 5, 8], [1, 2, 5, 8]), throws: "ShapeError" },
    { ...of([5, 300], [5, 300], [5, 8]), throws: "ShapeError" },
    { ...of([5, 8], [5, 8], { shape: [5, 8], dtype: "i32" }), throws: "DTypeError" },
    { ...of([5, 8], [5, 8], [5, 8]), args: [{ scale: Number.NaN }], throws: "ConfigError" },
    { ...of([5, 8], [5, 8], [5, 8]), args: [{ causal: "no" }], throws: "ConfigError" },
    { ...of([5, 8], [5, 8], [5, 8]), args: [null], throws: "ConfigError" },
  ],
  bench: (size) => of([4, size, 64], [4, size, 64], [4, size, 64]),
  cost(inputs) {
    const { heads, queries, keys, width, valueWidth } = sizes(inputs as readonly TensorInfo[]);
    return { flops: 2 * heads * queries * keys * (width + valueWidth) };
  },
});

const sizes = ([q, k, v]: readonly TensorInfo[]): Attention => attention(NAME, q, k, v);

/** `largest` may lag behind the scores by 4, so that sums are seldom rescaled: e⁴ more does not overflow. */
const code = (caps: Caps): string => `const LOWEST = -0x1.fffffep127;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let place = group_index(wg, groups);
  let head = place / u.blocks;
  if (head >= u.heads) { return; }
  let block = place % u.blocks * ${WORKGROUP}u;
  let i = block + lane;
  let row = head * u.queries + min(i, u.queries - 1u); // threads beyond the last query repeat it
${loadRow("query", "q", "row", "u.before", "width")}

  let first = head / u.group * u.keys;
  let causal = u.causal == 1u;
  let end = select(u.keys, min(u.keys, block + ${WORKGROUP}u), causal);
  var largest = LOWEST;
  var total = 0.0; // Σ exp(score − largest)
  var sum: ValueRow; // Σ exp(score − largest) v
  var sane = true; // no score is NaN or +∞, which WGSL's own arithmetic may not tell
  for (var j = 0u; j < end; j++) {
    let seen = !causal || j <= i;
    var score = 0.0;
${alongRow("k", "(first + j)", "WIDTH", caps, "score += product(query[d], x);")}
    score *= u.after;
    if (seen) { sane = sane && (isFinite(score) || bitcast<u32>(score) == 0xff800000u); }
    if (seen && score > largest + 4.0) {
      let shrink = exp32(largest - score);
      total *= shrink;
      for (var d = 0u; d < VALUE_WIDTH; d++) { sum[d] *= shrink; }
      largest = score;
    }
    let weight = select(0.0, exp32(score - largest), seen);
    total += weight;
${alongRow("v", "(first + j)", "VALUE_WIDTH", caps, "sum[d] += weight * select(V(), x, seen);")}
  }
  if (i >= u.queries) { return; }
  let nan = bitcast<f32>(0x7fc00000u | i);
  let inverse = select(nan, 1.0 / max(total, 1.0), sane); // total is 1 or more, but for queries without any weight
${storeRow("y", "row", "sum", "inverse", "value_width")}
  logsumexp[row] = select(nan, largest + log32(total), sane);
}`;

/** The same gradients from ops that have derivatives, with the matrix of scores. */
function composedGradients(
  g: Tensor,
  q: Tensor,
  k: Tensor,
  v: Tensor,
  logsumexp: Tensor,
  { causal, scale }: AttentionParams,
): Tensor[] {
  const { group, queries, width, valueWidth } = sizes([q, k, v]);
  const lead = k.shape.slice(0, -2);
  const [query, grad] = [q.reshape([...lead, group, queries, width]), g.reshape([...lead, group, queries, valueWidth])];
  const [key, value] = [k, v].map((t) => t.reshape([...lead, 1, ...t.shape.slice(-2)]));
  const { before, after } = halvesOf(scale);
  const scores = query.mul(before).matmul(key, { transposeB: true }).mul(after);
  const ones = scores.isFinite().where(1, 1);
  const masked = causal ? ones.tril().ne(0).where(scores, Number.NEGATIVE_INFINITY) : scores;
  const unseeing = logsumexp.eq(Number.NEGATIVE_INFINITY).reshape([...lead, group, queries, 1]); // softmax of −∞ alone is NaN
  const p = unseeing.where(0, unseeing.where(0, masked).softmax());
  const slope = grad.matmul(value, { transposeB: true }).softmaxBackward(p, -1).mul(before);
  return [
    slope.matmul(key).mul(after).reshape(q.shape),
    slope.matmul(query, { transposeA: true }).sum(-3).mul(after).reshape(k.shape),
    p.matmul(grad, { transposeA: true }).sum(-3).reshape(v.shape),
  ];
}

function reference(inputs: readonly HostTensor[], params: AttentionParams): Float64Array[] {
  const a = sizes(inputs);
  const [q, k, v] = inputs;
  const y = new Float64Array(sizeOf(a.y));
  const logsumexp = new Float64Array(sizeOf(a.each));
  eachQuery(a, (i, row, firstKey) => {
    const query = hostRow(q.data, row, a.width);
    const scores = Array.from(
      { length: seenBy(i, a, params) },
      (_, j) => params.scale * dot(query, hostRow(k.data, firstKey + j, a.width)),
    );
    const largest = scores.reduce((m, s) => Math.max(m, s), Number.NEGATIVE_INFINITY);
    if (largest === Number.NEGATIVE_INFINITY) {
      logsumexp[row] = largest; // y is 0
      return;
    }
    const weights = scores.map((s) => Math.exp(s - largest));
    const total = weights.reduce((sum, w) => sum + w, 0);
    for (const [j, w] of weights.entries()) {
      for (const [d, value] of hostRow(v.data, firstKey + j, a.valueWidth).entries())
        y[row * a.valueWidth + d] += (w * value) / total;
    }
    logsumexp[row] = largest + Math.log(total);
  });
  return [y, logsumexp];
}

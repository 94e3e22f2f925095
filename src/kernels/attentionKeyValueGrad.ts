// attentionKeyValueGrad: the gradients of scaledDotProductAttention with respect to the keys and values.
import { type Caps, defineOp, type HostTensor, type TensorInfo } from "../tensor/op.js";
import { sizeOf } from "../tensor/shape.js";
import {
  type AttentionParams,
  attentionGradient,
  dot,
  eachQuery,
  gradientTolerance,
  seenBy,
  weight64,
} from "./lib/attention.js";
import {
  alongRow,
  attentionFunctions,
  attentionUniforms,
  BACKWARD,
  elementOf,
  enableOf,
  loadRow,
  storeRow,
  WORKGROUP,
} from "./lib/attentionRows.js";
import { input, kernel, output, read, write } from "./lib/kernel.js";
import { hostRow } from "./lib/rowNorm.js";
import { of } from "./lib/sample.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * `[Σ scale · p (g·v − δ) q, Σ p g]` over the queries that see each key, p = exp(scale · q·k − logsumexp), g `this` and δ
     * its dot product with the attention's result. No derivative. Throws ShapeError, DTypeError.
     */
    attentionKeyValueGrad(
      q: Tensor,
      k: Tensor,
      v: Tensor,
      logsumexp: Tensor,
      delta: Tensor,
      params: AttentionParams,
    ): [k: Tensor, v: Tensor];
  }
}

const NAME = "attentionKeyValueGrad";

export const attentionKeyValueGrad = defineOp({
  name: NAME,
  doc: "gradients of scaledDotProductAttention by the keys and values",
  inputs: ["g", "q", "k", "v", "logsumexp", "delta"],
  outputs: ["dk", "dv"],
  params: (_, params: AttentionParams) => params,
  infer(inputs) {
    attentionGradient(NAME, inputs);
    return [inputs[2] as TensorInfo, inputs[3] as TensorInfo];
  },
  kernels({ inputs, params, caps }) {
    const a = attentionGradient(NAME, inputs);
    const element = elementOf(a);
    const dispatch = kernel({
      label: NAME,
      about: "a thread a key; the threads of a workgroup are at the same query",
      uniforms: attentionUniforms(a, params, a.keys),
      bindings: {
        g: read(element, input(0)),
        q: read(element, input(1)),
        k: read(element, input(2)),
        v: read(element, input(3)),
        logsumexp: read("f32", input(4)),
        delta: read("f32", input(5)),
        dk: write(element, output(0)),
        dv: write(element, output(1)),
      },
      enable: enableOf(caps),
      code: `${attentionFunctions(a, caps)}\n${code(caps)}`,
      groups: (a.heads / a.group) * Math.ceil(a.keys / WORKGROUP),
    });
    return { dispatches: [dispatch] };
  },
  reference(inputs, params) {
    const a = attentionGradient(NAME, inputs);
    const [g, q, k, v, logsumexp, delta] = inputs as readonly HostTensor[];
    const dk = new Float64Array(sizeOf(k.shape));
    const dv = new Float64Array(sizeOf(v.shape));
    eachQuery(a, (i, row, firstKey) => {
      const [query, grad] = [hostRow(q.data, row, a.width), hostRow(g.data, row, a.valueWidth)];
      for (let j = firstKey; j < firstKey + seenBy(i, a, params); j++) {
        const p = weight64(params.scale * dot(query, hostRow(k.data, j, a.width)), logsumexp.data[row]);
        const slope = p * (dot(grad, hostRow(v.data, j, a.valueWidth)) - delta.data[row]);
        for (const [d, x] of query.entries()) dk[j * a.width + d] += params.scale * slope * x;
        for (const [d, x] of grad.entries()) dv[j * a.valueWidth + d] += p * x;
      }
    });
    return [dk, dv];
  },
  tolerance: (inputs, params) => gradientTolerance(attentionGradient(NAME, inputs), params),
  samples: [
    { ...of([2, 5, 8], [2, 5, 8], [2, 5, 8], [2, 5, 8], [2, 5], [2, 5]), args: [{ causal: false, scale: 0.5 }] },
    {
      ...of([1, 4, 7, 2], [1, 4, 7, 3], [1, 2, 9, 3], [1, 2, 9, 2], [1, 4, 7], [1, 4, 7]),
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
    { ...of([0, 4], [0, 4], [3, 4], [3, 4], [0], [0]), args: [{ causal: false, scale: 1 }] },
  ],
  errors: [
    { ...of([5, 8], [5, 8], [5, 8], [5, 4], [5], [5]), args: [{ causal: false, scale: 1 }], throws: "ShapeError" },
    { ...of([5, 8], [5, 8], [5, 8], [5, 8], [5], [4]), args: [{ causal: false, scale: 1 }], throws: "ShapeError" },
  ],
  bench: (size) => ({
    ...of([4, size, 64], [4, size, 64], [4, size, 64], [4, size, 64], { shape: [4, size], range: [5, 7] }, [4, size]),
    args: [{ causal: false, scale: 0.125 }],
  }),
  cost(inputs) {
    const { heads, queries, keys, width, valueWidth } = attentionGradient(NAME, inputs);
    return { flops: 4 * heads * queries * keys * (width + valueWidth) };
  },
});

const code = (caps: Caps): string => `${BACKWARD}
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let place = group_index(wg, groups);
  let shared_head = place / u.blocks; // of k and v
  if (shared_head >= u.heads / u.group) { return; }
  let block = place % u.blocks * ${WORKGROUP}u;
  let j = block + lane;
  let at = shared_head * u.keys + min(j, u.keys - 1u); // threads beyond the last key repeat it
${loadRow("key", "k", "at", "width")}
${loadRow("value", "v", "at", "value_width")}

  let causal = u.causal == 1u;
  var key_sum: Row;
  var value_sum: ValueRow;
  for (var head = shared_head * u.group; head < (shared_head + 1u) * u.group; head++) {
    for (var i = select(0u, block, causal); i < u.queries; i++) {
      let row = head * u.queries + i;
      let seen = !causal || j <= i;
      var score = 0.0;
${alongRow("q", "row", "WIDTH", caps, "score += product(x, key[d]);")}
      let p = weight(score * u.scale, logsumexp[row]);
      var along = 0.0;
${alongRow("g", "row", "VALUE_WIDTH", caps, "along += product(x, value[d]); value_sum[d] += select(V(), p * x, seen);")}
      let slope = p * (along - delta[row]);
${alongRow("q", "row", "WIDTH", caps, "key_sum[d] += select(V(), slope * x, seen);")}
    }
  }
  if (j >= u.keys) { return; }
${storeRow("dk", "at", "key_sum", "u.scale", "width")}
${storeRow("dv", "at", "value_sum", "1.0", "value_width")}
}`;

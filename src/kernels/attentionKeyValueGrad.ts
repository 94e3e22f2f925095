// attentionKeyValueGrad: the gradients of scaledDotProductAttention with respect to the keys and values.
import { type Caps, defineOp, type HostTensor } from "../tensor/op.js";
import { sizeOf } from "../tensor/shape.js";
import { type AttentionParams, dot, eachQuery, seenBy } from "./lib/attention/attention.js";
import { attentionGrad, gradientSizes, weight64 } from "./lib/attention/attentionGrad.js";
import { alongRow, loadRow, storeRow, WORKGROUP } from "./lib/attention/attentionRows.js";
import { hostRow } from "./lib/norm/rowNorm.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * `[Σ scale · p (g·v − δ) q, Σ p g]` over the queries that see each key, p = exp(scale · q·k − logsumexp), g `this` and δ
     * its dot product with the attention's result. No derivative. Throws ShapeError, DTypeError.
     * @internal
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
  ...attentionGrad({ name: NAME, outputs: { dk: 2, dv: 3 }, rows: "keys", code }),
  noDerivative: "a fused gradient: where it is differentiated itself, its op's vjp takes differentiable ops instead",
  doc: "gradients of scaledDotProductAttention by the keys and values",
  reference(inputs, params) {
    const a = gradientSizes(NAME, inputs);
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
  cost(inputs) {
    const { heads, queries, keys, width, valueWidth } = gradientSizes(NAME, inputs);
    return { flops: 4 * heads * queries * keys * (width + valueWidth) };
  },
});

function code(caps: Caps): string {
  return `@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let place = group_index(wg, groups);
  let shared_head = place / u.blocks; // of k and v
  if (shared_head >= u.heads / u.group) { return; }
  let block = place % u.blocks * ${WORKGROUP}u;
  let j = block + lane;
  let at = shared_head * u.keys + min(j, u.keys - 1u); // threads beyond the last key repeat it
${loadRow("key", "k", "at", "u.before", "width")}
${loadRow("value", "v", "at", "1.0", "value_width")}

  let causal = u.causal == 1u;
  var key_sum: Row;
  var value_sum: ValueRow;
  for (var head = shared_head * u.group; head < (shared_head + 1u) * u.group; head++) {
    for (var i = select(0u, block, causal); i < u.queries; i++) {
      let row = head * u.queries + i;
      let seen = !causal || j <= i;
      var score = 0.0;
${alongRow("q", "row", "WIDTH", caps, "score += product(x, key[d]);")}
      let p = weight(score * u.after, logsumexp[row]);
      var along = 0.0;
${alongRow("g", "row", "VALUE_WIDTH", caps, "along += product(x, value[d]); value_sum[d] += select(V(), p * x, seen);")}
      let slope = p * (along - delta[row]) * u.before;
${alongRow("q", "row", "WIDTH", caps, "key_sum[d] += select(V(), slope * x, seen);")}
    }
  }
  if (j >= u.keys) { return; }
${storeRow("dk", "at", "key_sum", "u.after", "width")}
${storeRow("dv", "at", "value_sum", "1.0", "value_width")}
}`;
}

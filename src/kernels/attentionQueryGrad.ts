// attentionQueryGrad: the gradient of scaledDotProductAttention with respect to the queries.
import { type Caps, defineOp, type HostTensor } from "../tensor/op.js";
import { sizeOf } from "../tensor/shape.js";
import { type AttentionParams, dot, eachQuery, seenBy } from "./lib/attention/attention.js";
import { attentionGrad, gradientSizes, weight64 } from "./lib/attention/attentionGrad.js";
import { alongRow, loadRow, storeRow, WORKGROUP } from "./lib/attention/attentionRows.js";
import { hostRow } from "./lib/norm/rowNorm.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * scale · Σ p (g·v − δ) k over the keys that each query sees, p = exp(scale · q·k − logsumexp), g `this` and δ its dot
     * product with the attention's result. No derivative. Throws ShapeError, DTypeError.
     * @internal
     */
    attentionQueryGrad(
      q: Tensor,
      k: Tensor,
      v: Tensor,
      logsumexp: Tensor,
      delta: Tensor,
      params: AttentionParams,
    ): Tensor;
  }
}

const NAME = "attentionQueryGrad";

export const attentionQueryGrad = defineOp({
  ...attentionGrad({ name: NAME, outputs: { dq: 1 }, rows: "queries", code }),
  noDerivative: "a fused gradient: where it is differentiated itself, its op's vjp takes differentiable ops instead",
  doc: "gradient of scaledDotProductAttention by the queries",
  reference(inputs, params) {
    const a = gradientSizes(NAME, inputs);
    const [g, q, k, v, logsumexp, delta] = inputs as readonly HostTensor[];
    const dq = new Float64Array(sizeOf(q.shape));
    eachQuery(a, (i, row, firstKey) => {
      for (let j = 0; j < seenBy(i, a, params); j++) {
        const key = hostRow(k.data, firstKey + j, a.width);
        const p = weight64(params.scale * dot(hostRow(q.data, row, a.width), key), logsumexp.data[row]);
        const slope =
          p * (dot(hostRow(g.data, row, a.valueWidth), hostRow(v.data, firstKey + j, a.valueWidth)) - delta.data[row]);
        for (const [d, x] of key.entries()) dq[row * a.width + d] += params.scale * slope * x;
      }
    });
    return [dq];
  },
  cost(inputs) {
    const { heads, queries, keys, width, valueWidth } = gradientSizes(NAME, inputs);
    return { flops: 2 * heads * queries * keys * (2 * width + valueWidth) };
  },
});

function code(caps: Caps): string {
  return `@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let place = group_index(wg, groups);
  let head = place / u.blocks;
  if (head >= u.heads) { return; }
  let block = place % u.blocks * ${WORKGROUP}u;
  let i = block + lane;
  let row = head * u.queries + min(i, u.queries - 1u); // threads beyond the last query repeat it
${loadRow("query", "q", "row", "u.before", "width")}
${loadRow("grad", "g", "row", "1.0", "value_width")}

  let first = head / u.group * u.keys;
  let causal = u.causal == 1u;
  let end = select(u.keys, min(u.keys, block + ${WORKGROUP}u), causal);
  var sum: Row;
  for (var j = 0u; j < end; j++) {
    let seen = !causal || j <= i;
    var score = 0.0;
${alongRow("k", "(first + j)", "WIDTH", caps, "score += product(query[d], x);")}
    var along = 0.0;
${alongRow("v", "(first + j)", "VALUE_WIDTH", caps, "along += product(grad[d], x);")}
    let slope = weight(score * u.after, logsumexp[row]) * (along - delta[row]) * u.before;
${alongRow("k", "(first + j)", "WIDTH", caps, "sum[d] += select(V(), slope * x, seen);")}
  }
  if (i >= u.queries) { return; }
${storeRow("dq", "row", "sum", "u.after", "width")}
}`;
}

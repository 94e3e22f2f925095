// attentionQueryGrad: the gradient of scaledDotProductAttention with respect to the queries.
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
     * scale · Σ p (g·v − δ) k over the keys that each query sees, p = exp(scale · q·k − logsumexp), g `this` and δ its dot
     * product with the attention's result. No derivative. Throws ShapeError, DTypeError.
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
  name: NAME,
  doc: "gradient of scaledDotProductAttention by the queries",
  inputs: ["g", "q", "k", "v", "logsumexp", "delta"],
  params: (_, params: AttentionParams) => params,
  infer(inputs) {
    attentionGradient(NAME, inputs);
    return [inputs[1] as TensorInfo];
  },
  kernels({ inputs, params, caps }) {
    const a = attentionGradient(NAME, inputs);
    const element = elementOf(a);
    const dispatch = kernel({
      label: NAME,
      about: "a thread a query; the threads of a workgroup are at the same key",
      uniforms: attentionUniforms(a, params, a.queries),
      bindings: {
        g: read(element, input(0)),
        q: read(element, input(1)),
        k: read(element, input(2)),
        v: read(element, input(3)),
        logsumexp: read("f32", input(4)),
        delta: read("f32", input(5)),
        dq: write(element, output(0)),
      },
      enable: enableOf(caps),
      code: `${attentionFunctions(a, caps)}\n${code(caps)}`,
      groups: a.heads * Math.ceil(a.queries / WORKGROUP),
    });
    return { dispatches: [dispatch] };
  },
  reference(inputs, params) {
    const a = attentionGradient(NAME, inputs);
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
    { ...of([3, 4], [3, 4], [0, 4], [0, 4], [3], [3]), args: [{ causal: false, scale: 1 }] },
  ],
  errors: [
    { ...of([5, 8], [5, 8], [5, 8], [5, 4], [5], [5]), args: [{ causal: false, scale: 1 }], throws: "ShapeError" },
    { ...of([5, 8], [5, 8], [5, 8], [5, 8], [4], [5]), args: [{ causal: false, scale: 1 }], throws: "ShapeError" },
  ],
  bench: (size) => ({
    ...of([4, size, 64], [4, size, 64], [4, size, 64], [4, size, 64], { shape: [4, size], range: [5, 7] }, [4, size]),
    args: [{ causal: false, scale: 0.125 }],
  }),
  cost(inputs) {
    const { heads, queries, keys, width, valueWidth } = attentionGradient(NAME, inputs);
    return { flops: 2 * heads * queries * keys * (2 * width + valueWidth) };
  },
});

const code = (caps: Caps): string => `${BACKWARD}
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let place = group_index(wg, groups);
  let head = place / u.blocks;
  if (head >= u.heads) { return; }
  let block = place % u.blocks * ${WORKGROUP}u;
  let i = block + lane;
  let row = head * u.queries + min(i, u.queries - 1u); // threads beyond the last query repeat it
${loadRow("query", "q", "row", "width")}
${loadRow("grad", "g", "row", "value_width")}

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
    let slope = weight(score * u.scale, logsumexp[row]) * (along - delta[row]);
${alongRow("k", "(first + j)", "WIDTH", caps, "sum[d] += select(V(), slope * x, seen);")}
  }
  if (i >= u.queries) { return; }
${storeRow("dq", "row", "sum", "u.scale", "width")}
}`;

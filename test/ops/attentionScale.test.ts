// Attention where products of queries and keys overflow f32 unless they are scaled on the way.
import { beforeAll, expect, test } from "vitest";
import "../../src/kernels/index.js";
import { scaledDotProductAttention } from "../../src/kernels/scaledDotProductAttention.js";
import { grad, openDevice, scope, tensor } from "../../src/tensor/index.js";
import { Rng } from "../../src/tensor/rng.js";

beforeAll(async () => {
  await openDevice();
});

const FACTOR = 2 ** 66; // its square is no f32

const rng = new Rng(7);
const normals = (count: number) => Float32Array.from({ length: count }, () => Math.fround(rng.normal()));
const [Q, K, V] = [normals(2 * 5 * 4), normals(2 * 7 * 4), normals(2 * 7 * 4)];

/** y, logsumexp, the gradients of Σ y² by q, k and v, and those of v's gradient, all with q and k times `factor`. */
async function results(factor: number, createGraph: boolean): Promise<number[][]> {
  const tensors = scope(() => {
    const large = (x: Float32Array) => x.map((v) => factor * v);
    const inputs = [tensor(large(Q), [2, 5, 4]), tensor(large(K), [2, 7, 4]), tensor(V, [2, 7, 4])];
    for (const input of inputs) input.setRequiresGrad(true);
    const [q, k, v] = inputs;
    const [y, logsumexp] = q.scaledDotProductAttention(k, v, { scale: factor ** -2, causal: true });
    const first = grad(y.square().sum(), inputs, { createGraph });
    const second = createGraph ? grad(first[2].square().sum(), inputs) : [];
    return [y, logsumexp, ...first, ...second].map((t) => t.detach());
  });
  return Promise.all(tensors.map(async (t) => [...(await t.data())]));
}

test("results at the largest queries and keys are the reference's", async () => {
  const host = (x: Float32Array, tokens: number, factor: number) => ({
    shape: [2, tokens, 4],
    dtype: "f32" as const,
    data: Float64Array.from(x, (v) => factor * v),
  });
  const inputs = [host(Q, 5, FACTOR), host(K, 7, FACTOR), host(V, 7, 1)];
  const params = { causal: true, scale: FACTOR ** -2 };
  const want = scaledDotProductAttention.reference(inputs, params);
  const got = await results(FACTOR, false);
  const { ulp, abs } = scaledDotProductAttention.tolerance(inputs, params);
  for (const [i, values] of want.entries()) {
    const far = [...values].filter((v, at) => !(Math.abs(got[i][at] - v) <= abs + ulp * 2 ** -23 * Math.abs(v)));
    expect(far).toEqual([]);
  }
});

test.each([false, true])("the scale may be as small as products are large, createGraph %s", async (createGraph) => {
  const [small, large] = [await results(1, createGraph), await results(FACTOR, createGraph)];
  const times = (list: number[]) => list.map((x) => FACTOR * x);
  const [y, logsumexp, q, k, v, ...second] = large;
  const twice = second.map((list, i) => (i < 2 ? times(list) : list)); // of q, k and v
  expect([y, logsumexp, times(q), times(k), v, ...twice]).toEqual(small);
  expect(small.flat().every(Number.isFinite)).toBe(true);
});

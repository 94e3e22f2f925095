// Attention's composed gradients, those that can be differentiated again, where a query sees nothing.
import { beforeAll, expect, test } from "vitest";
import "../../src/kernels/index.js";
import { grad, openDevice, scope, tensor } from "../../src/tensor/index.js";

beforeAll(async () => {
  await openDevice();
});

test.each([false, true])("a query whose scores are all −∞ has gradient 0, createGraph %s", async (createGraph) => {
  const [q, k, v] = scope(() => {
    const inputs = [tensor([[1e30], [2e30]]), tensor([[-1e30], [-1e30]]), tensor([[3], [4]])];
    for (const input of inputs) input.setRequiresGrad(true);
    const gradients = grad(inputs[0].scaledDotProductAttention(inputs[1], inputs[2])[0].sum(), inputs, { createGraph });
    return gradients.map((t) => t.detach());
  });
  expect([...(await q.data()), ...(await k.data()), ...(await v.data())]).toEqual([0, 0, 0, 0, 0, 0]);
});
